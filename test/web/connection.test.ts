import { describe, expect, test } from "@jest/globals";
import { backoffMs, Connection, type Link, SILENCE_MS, type WireEvents } from "../../src/web/lib/connection.ts";

function page() {
  const wires: (WireEvents & { closed_: boolean })[] = [];
  const links: Link[] = [];
  const states: unknown[] = [];
  const timers = new Set<{ ms: number; task: () => void }>();
  const connection = new Connection({
    connect: (events) => {
      const wire = { ...events, closed_: false };
      wires.push(wire);
      return {
        close: () => {
          wire.closed_ = true;
        },
      };
    },
    after: (ms, task) => {
      const timer = { ms, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    chance: () => 0.5,
    onLink: (link) => links.push(link),
    onState: (state) => states.push(state),
  });
  const fire = () => {
    const [timer] = timers;
    if (timer === undefined) throw new Error("no timer");
    timers.delete(timer);
    timer.task();
    return timer.ms;
  };
  const say = (message: unknown) => wires.at(-1)?.message(JSON.stringify(message));
  return { connection, wires, links, states, timers, fire, say };
}

describe("the page's connection", () => {
  test("is live only once it has heard a state", () => {
    const { wires, links, states, say } = page();
    wires[0]?.open();
    expect(links.map(({ kind }) => kind)).toEqual(["connecting"]);
    say({ kind: "beat" });
    expect(links.map(({ kind }) => kind)).toEqual(["connecting"]);
    say({ kind: "state", state: { a: 1 } });
    expect([links.at(-1), states]).toEqual([{ kind: "live" }, [{ a: 1 }]]);
  });

  test("comes back by itself, ever more slowly, and starts anew after success", () => {
    const { wires, links, fire, say } = page();
    const waits = [1, 2, 3, 4, 5, 6, 7].map(() => {
      wires.at(-1)?.closed();
      return fire();
    });
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(links.at(-1)).toEqual({ kind: "reconnecting", attempt: 7 });
    say({ kind: "state", state: {} });
    wires.at(-1)?.closed();
    expect([links.at(-1), fire()]).toEqual([{ kind: "reconnecting", attempt: 1 }, 500]);
  });

  test("a wire that says nothing is given up, and what it says later doesn't count", () => {
    const { wires, links, states, fire, say } = page();
    say({ kind: "state", state: 1 });
    expect(fire()).toBe(SILENCE_MS);
    expect([wires[0]?.closed_, links.at(-1)?.kind]).toEqual([true, "reconnecting"]);
    fire();
    wires[0]?.closed();
    wires[0]?.message('{"kind":"state","state":2}');
    expect([wires.length, states, links.at(-1)]).toEqual([2, [1], { kind: "reconnecting", attempt: 1 }]);
  });

  test("a beat keeps the wire", () => {
    const { timers, say } = page();
    say({ kind: "beat" });
    say({ kind: "beat" });
    expect(timers.size).toBe(1);
  });

  test("who doesn't want to wait comes back at once, but not twice", () => {
    const { connection, wires } = page();
    wires[0]?.closed();
    connection.now();
    connection.now();
    expect(wires).toHaveLength(2);
  });

  test("after the end nothing goes on", () => {
    const { connection, wires, timers } = page();
    connection.end();
    wires[0]?.closed();
    connection.now();
    expect([wires.length, wires[0]?.closed_, timers.size]).toEqual([1, true, 0]);
  });

  test("pages of one street don't come back all at once", () => {
    expect([backoffMs(1, 0), backoffMs(1, 1), backoffMs(9, 0)]).toEqual([375, 625, 7500]);
  });
});
