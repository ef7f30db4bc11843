/** Where delivery says what it does; once per reason and minute is the receiver's business. */
export interface DeliveryDiagnostics {
  debug(reason: string, message: string): void;
  warn(reason: string, message: string): void;
}
