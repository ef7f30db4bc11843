// Customers: they come every few hundred milliseconds, and one in eight meets a broken page.
const VISITS = [
  ['GET', '/products/7'],
  ['GET', '/products/19'],
  ['POST', '/checkout', { items: 3 }],
  ['GET', '/products/4'],
  ['GET', '/recommendations'],
  ['GET', '/products/23'],
  ['POST', '/checkout', { items: 1 }],
  ['GET', '/products/7'],
];
const VISIT_INTERVAL_MS = 300;
/** A report takes 30 s; the next one begins soon after. */
const REPORT_INTERVAL_MS = 35_000;

/** Visits the API until the returned function is called. */
export function startTraffic(apiUrl) {
  let visits = 0;
  // A visit that fails because the services are stopping is nobody's concern.
  const visit = (method, path, body) =>
    fetch(apiUrl + path, { method, body: body && JSON.stringify(body) }).then(
      (answer) => answer.text(),
      () => '',
    );
  const orderReport = () => visit('POST', '/reports');
  void orderReport();
  const timers = [
    setInterval(() => visit(...VISITS[visits++ % VISITS.length]), VISIT_INTERVAL_MS),
    setInterval(orderReport, REPORT_INTERVAL_MS),
  ];
  return () => timers.forEach(clearInterval);
}
