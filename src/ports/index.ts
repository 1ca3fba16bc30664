export type {
  BatchReceipt,
  Chain,
  ChainCode,
  CurrencyDomain,
  DecidedRules,
  Departure,
  Errand,
  KeyChange,
  MoneyErrand,
  OwnerMoney,
  Permit,
  Redirection,
  RegisteredHome,
  RegisteredKey,
  Registry,
  Relay,
  SignedBatch,
  Standing,
  ValidatorSet,
  VaultBalances,
  VaultEscrows,
  VaultHead,
  WithdrawalNow,
  WithdrawalRequest,
} from "./chain.ts";
export type { Cancel, Clock } from "./clock.ts";
export type {
  Community,
  CommunityErrand,
  CommunityRelay,
  Motion,
  MotionWish,
  Payment,
  PaymentWish,
  RulesNumbers,
  Vote,
} from "./community.ts";
export type { Device, DeviceCode, LatchedCounters, MeterOrigin, Nameplate, Telemetry } from "./device.ts";
export type { Answerer, Door, Gossip, Judgement, Misconduct, PeerName, RequestCode, RequestKind, Topic } from "./gossip.ts";
export type { Journal, JournalReplay } from "./journal.ts";
export type { Log } from "./log.ts";
export type { Meter, MeterAlarm, MeterReading } from "./meter.ts";
export type { Counter, Gauge, Histogram, Metrics } from "./metrics.ts";
export type { WidePayout, WideStand } from "./payouts.ts";
export type { Checked, Problem } from "./problem.ts";
export type { HomeProfile, StepEnergy } from "./profile.ts";
export type { Challenge, Challenger, OpenProposal, Proposals, ProposalView, Refusal } from "./proposals.ts";
export type { RecoverSigner, Signer } from "./signer.ts";
export type { BatteryPlate, HousePlate, HouseReading, PowerWindow, SimulatedHouse } from "./simulated-house.ts";
export type { Statement, StatementLine, WideAccount } from "./statement.ts";
export type { OwnKind, Store, VoteSlot } from "./store.ts";
