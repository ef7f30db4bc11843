/** Input that is refused, with the status and the reason the sender is told. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** A refusal for input that breaks the protocol. */
export function malformed(reason: string): Refusal {
  return new Refusal(400, reason);
}
