import { Line, type LineOptions } from "./line.ts";
import type { Place } from "./wire.ts";

interface Shared {
  readonly line: Line;
  users: number;
}

/** The connections of a process, one to each place: many devices take one client only, and a serial line has one end. */
export class Links {
  private readonly shared = new Map<string, Shared>();

  /** The line to this place, which closes with its last user. The first user's gap and back-off count for all. */
  take(options: LineOptions): { readonly line: Line; readonly leave: () => void } {
    const key = keyOf(options);
    const shared = this.shared.get(key) ?? { line: new Line(options), users: 0 };
    this.shared.set(key, shared);
    shared.users += 1;
    const leave = () => {
      shared.users -= 1;
      if (shared.users > 0) return;
      this.shared.delete(key);
      shared.line.close();
    };
    return { line: shared.line, leave };
  }
}

const keyOf = (place: Place): string => (place.transport === "rtu" ? place.serial.path : `${place.host.toLowerCase()} ${place.port}`);
