export type { BatchOnItsWay } from "./batch-views.ts";
export { type ApiOptions, buildApi } from "./build-api.ts";
export type { Decisions } from "./community-view.ts";
export { API_ERRORS, type ApiCode, type ApiError } from "./errors.ts";
export type {
  AgentRequest,
  ChallengeAnswer,
  ChallengeCode,
  ChallengeQueries,
  ChallengeRequest,
  ChangeAnswer,
  ChangeCode,
  DepositRequest,
  HealthFacts,
  HomeAnswer,
  HomeRequest,
  LeaveRequest,
  MoneyAnswer,
  MotionAnswer,
  MotionCode,
  MotionQueries,
  MotionRequest,
  PaymentRequest,
  Plain,
  RecordView,
  RedirectionRequest,
  RegisterCode,
  StreetCard,
  StreetQueries,
  VoteRequest,
  WithdrawalNowRequest,
  WithdrawalRequest,
} from "./queries.ts";
export { streetState } from "./schema/index.ts";
export type {
  BatchView,
  CertificateView,
  ClearingView,
  ConvictionView,
  HomeView,
  IntervalView,
  MeterView,
  OrderOutcome,
  OrderView,
  PauseView,
  PricePoint,
  SettlementView,
  StreetFacts,
  StreetState,
  SurplusView,
  WatchView,
  WireView,
  WrongSettlementView,
} from "./state.ts";
export type { CommunityView, MotionView, RulesNumbersView, RulesView } from "./state-community.ts";
export type { EvidenceView } from "./state-evidence.ts";
export type { StreetLabel } from "./street-label.ts";
export { StreetView } from "./street-view.ts";
export { type BookView, buildVenueApi, type VenueQueries, type VenueView } from "./venue-api.ts";
