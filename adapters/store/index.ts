export { openStore, openStoreReader, type StoreOptions, type StoreReader } from "./store.ts";
export { type StoreCode, StoreFatal } from "./trouble.ts";
