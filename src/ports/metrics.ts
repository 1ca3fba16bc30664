export interface Counter<Label extends string> {
  add(labels: Readonly<Record<Label, string>>, amount?: number): void;
}
export interface Gauge<Label extends string> {
  set(labels: Readonly<Record<Label, string>>, value: number): void;
}
export interface Histogram<Label extends string> {
  observe(labels: Readonly<Record<Label, string>>, value: number): void;
}

/** Each module declares its own metrics where they happen; names end in the unit, labels are bounded. */
export interface Metrics {
  counter<Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label>;
  gauge<Label extends string>(name: string, help: string, labels: readonly Label[]): Gauge<Label>;
  histogram<Label extends string>(name: string, help: string, labels: readonly Label[], buckets: readonly number[]): Histogram<Label>;
}
