export { type Journal, type JournalOptions, openJournal, type Recovered } from "./journal.ts";
export type { Replay } from "./recover.ts";
export { type JournalCode, JournalFatal } from "./trouble.ts";
