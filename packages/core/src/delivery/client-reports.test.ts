import { expect, it } from 'vitest';
import { ClientReports } from './client-reports.ts';
import { DROP_REASONS, WIRE_REASONS } from './drop-reason.ts';

const WALL_MS = Date.UTC(2026, 0, 1);
const create = (envelopeHeader: Record<string, unknown> = {}, enabled = true) =>
  new ClientReports({ enabled, envelopeHeader, platform: { wallClockMs: () => WALL_MS } });

it('makes one envelope of all losses, summed by wire reason and category', () => {
  const reports = create({ dsn: 'https://key@example.com/1' });
  reports.record('memory_budget', 'span', 2);
  reports.record('transaction_limit', 'span', 3);
  reports.record('network', 'transaction', 1);
  const lines = reports
    .take()
    ?.text.split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([
    { sent_at: '2026-01-01T00:00:00.000Z', dsn: 'https://key@example.com/1' },
    { type: 'client_report' },
    {
      timestamp: WALL_MS / 1000,
      discarded_events: [
        { reason: 'buffer_overflow', category: 'span', quantity: 5 },
        { reason: 'network_error', category: 'transaction', quantity: 1 },
      ],
    },
  ]);
});

it('R30: reports exactly the reasons that have a wire reason', () => {
  for (const reason of DROP_REASONS) {
    const reports = create();
    reports.record(reason, 'span', 1);
    expect(reports.isPending).toBe(WIRE_REASONS[reason] !== undefined);
  }
});

it('is empty after it was taken and whole again after it was restored', () => {
  const reports = create();
  let pendings = 0;
  reports.onPending = () => pendings++;
  reports.record('ignored', 'span', 2);
  const report = reports.take();
  expect(reports.take()).toBeUndefined();
  reports.record('ignored', 'span', 1);
  if (report !== undefined) reports.restore(report);
  expect(reports.take()?.quantities).toEqual(new Map([['ignored:span', 3]]));
  expect(pendings).toBe(2);
});

it('collects nothing when reports are off', () => {
  const reports = create({}, false);
  reports.record('ignored', 'span', 2);
  expect(reports.isPending).toBe(false);
});
