import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { IntervalView, StreetState } from "../api/state.ts";
import { Connection, type Link, type WireEvents } from "./lib/connection.ts";

export interface Heard {
  readonly state: StreetState;
  /** Machine time, ms. */
  readonly heardAt: number;
}

function connect({ open, message, closed }: WireEvents) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = open;
  socket.onmessage = ({ data }) => message(String(data));
  socket.onclose = closed;
  return { close: () => socket.close() };
}

const after = (ms: number, task: () => void) => {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
};

/** The street as last heard, whether we still hear it, and if not, the machine time at which it fell silent. */
export function useStreet(): { heard: Heard | null; link: Link; lostAt: number; retry: () => void } {
  const [heard, setHeard] = useState<Heard | null>(null);
  const [link, setLink] = useState<Link>({ kind: "connecting" });
  const lostAt = useRef(0);
  const connection = useRef<Connection | null>(null);
  useEffect(() => {
    const onState = (state: unknown) => setHeard({ state: state as StreetState, heardAt: performance.now() });
    const onLink = (next: Link) => {
      if (next.kind === "reconnecting" && next.attempt === 1) lostAt.current = performance.now();
      setLink(next);
    };
    const open = new Connection({ connect, after, chance: Math.random, onLink, onState });
    connection.current = open;
    const retry = () => open.now();
    addEventListener("online", retry);
    return () => {
      removeEventListener("online", retry);
      open.end();
    };
  }, []);
  return { heard, link, lostAt: lostAt.current, retry: () => connection.current?.now() };
}

/** The machine's time, renewed some times a second; stands while `running` is false. */
export function useNow(running: boolean, everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [running, everyMs]);
  return now;
}

/** Below this nothing can be drawn; an element has such a width while it is not laid out. */
const LEAST_WIDTH = 160;

/** The width of an element, so that charts draw in real pixels and their text stays readable; 0 while there is none. */
export function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const ref = useRef<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = () => setWidth(element.clientWidth < LEAST_WIDTH ? 0 : element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** One of many things is looked at: by pointer, by arrow keys, or none. */
export function useActive(many: number): {
  active: number | null;
  set: (index: number | null) => void;
  onKeyDown: (event: KeyboardEvent) => void;
} {
  const [active, set] = useState<number | null>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (many === 0) return;
    const to = keyTarget(event.key, active, many);
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  };
  return { active: active !== null && active < many ? active : null, set, onKeyDown };
}

function keyTarget(key: string, active: number | null, many: number): number | null | undefined {
  if (key === "ArrowRight" || key === "ArrowDown") return active === null ? 0 : Math.min(many - 1, active + 1);
  if (key === "ArrowLeft" || key === "ArrowUp") return active === null ? many - 1 : Math.max(0, active - 1);
  if (key === "Home") return 0;
  if (key === "End") return many - 1;
  return key === "Escape" ? null : undefined;
}

export type Looked = { readonly start: string; readonly view: IntervalView | "loading" | "missing" };

/** An earlier interval, fetched when someone wants to look at it. */
export function useInterval(): { looked: Looked | null; look: (start: string) => void; back: () => void } {
  const [looked, setLooked] = useState<Looked | null>(null);
  const wanted = useRef<string | null>(null);
  const look = async (start: string) => {
    wanted.current = start;
    setLooked({ start, view: "loading" });
    const view = await fetchInterval(start);
    if (wanted.current === start) setLooked({ start, view });
  };
  const back = () => {
    wanted.current = null;
    setLooked(null);
  };
  return { looked, look, back };
}

async function fetchInterval(start: string): Promise<IntervalView | "missing"> {
  try {
    const reply = await fetch(`/api/intervals/${start}`);
    return reply.ok ? ((await reply.json()) as IntervalView) : "missing";
  } catch {
    return "missing";
  }
}
