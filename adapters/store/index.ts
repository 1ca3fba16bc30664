export { type DayLog, dayFile, openDayLog } from "./day-log.ts";
export {
  type Journal,
  type JournalCode,
  JournalFatal,
  type JournalOptions,
  openJournal,
  type Recovered,
  type Replay,
} from "./journal/index.ts";
export { openStore, openStoreImage, openStoreReader, type StoreImage, type StoreOptions, type StoreReader } from "./store.ts";
export { type StoreCode, StoreFatal } from "./trouble.ts";
