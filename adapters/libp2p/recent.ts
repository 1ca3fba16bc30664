const MAX_ENTRIES = 1_024;

/** A map that forgets what was set longest ago: names of peers are cheap to make, so nothing that is kept per name may grow without bound. */
export class Recent<Value> {
  private readonly entries = new Map<string, Value>();

  get size(): number {
    return this.entries.size;
  }

  get(name: string): Value | undefined {
    return this.entries.get(name);
  }

  set(name: string, value: Value): void {
    this.entries.delete(name);
    this.entries.set(name, value);
    if (this.entries.size <= MAX_ENTRIES) return;
    const [oldest] = this.entries.keys();
    this.entries.delete(oldest!);
  }

  delete(name: string): void {
    this.entries.delete(name);
  }
}
