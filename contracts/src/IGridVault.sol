// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "./IRegistry.sol";

/// @title What a street's vault offers
/// @notice Callers know this and no more, so that a vault with packed balances, disputes and a guardian can take its place.
/// Money inside is counted in ticks; one tick is 100 millionths of the currency.
interface IGridVault is IRegistry {
    /// @notice What the validators certify for one settlement period. EIP-712 domain: name "GridVault", version "1".
    struct Period {
        uint64 period;
        uint64 fromInterval;
        uint64 toInterval;
        /// @notice Unix seconds up to which every home is settled.
        uint64 coversUntil;
        /// @notice EIP-712 struct hash of the period before; 0 in a street's first one.
        bytes32 prevPeriod;
        /// @notice Hash of the last interval's result.
        bytes32 head;
        bytes32 accountsRoot;
        bytes32 vectorHash;
        bytes32 wideHash;
        bytes32 dataHash;
    }

    /// @notice All that changes, for one cheap question.
    struct Status {
        uint64 nextPeriod;
        /// @notice The interval that the next period must begin with; 0 before the first proposal, which may begin anywhere.
        uint64 nextInterval;
        uint64 settledUntil;
        /// @notice EIP-712 struct hash of the open proposal; when there is none, of the last settled period, to which the next one links.
        bytes32 link;
        /// @notice Digest of the open proposal; 0 when there is none.
        bytes32 proposal;
        /// @notice From when on the open proposal may be finalised.
        uint64 finalizableAt;
        uint32 homeCount;
        /// @notice Hash chain over all changes of the registry: the same head means the same history.
        bytes32 registryHead;
    }

    /// @notice Money asked for and not yet paid out.
    struct Withdrawal {
        address to;
        uint64 requestedAt;
        uint32 ticks;
    }

    /// @notice Periods settle once and in order; sending one again changes nothing.
    error WrongPeriod(uint64 expected, uint64 got);
    /// @notice The period doesn't follow the one that the vault settled last.
    error WrongLink(bytes32 expected, bytes32 got);
    /// @notice Intervals must follow the last settled one without gap or overlap, and time must not run back.
    error BadIntervalRange();
    /// @notice `coversUntil` lies further ahead of the chain's clock than this street allows.
    error FutureCover();
    /// @notice Another proposal waits to be finalised.
    error ProposalOpen();
    /// @notice Nothing waits to be finalised.
    error NoProposal();
    /// @notice This very period was vetoed or proven wrong; another one must take its place.
    error ProposalRefused();
    /// @notice Another period than this one waits to be finalised.
    error ProposalMismatch();
    /// @notice The proposal can't expire yet.
    error ProposalFresh(uint64 until);
    /// @notice The proposal can still be challenged.
    error WindowOpen(uint64 until);
    /// @notice These bytes aren't the ones that were certified.
    error VectorMismatch();
    /// @notice The bytes have the wrong length, reach past the registry, or list wide accounts out of order.
    error BadVector();
    /// @notice What some gain, others must lose, to the last tick.
    error NotConserved(int256 sum);
    /// @notice A home among ids 8 x `slot` to 8 x `slot` + 7 would fall below 0 or rise above 2^31 - 1 ticks.
    error LaneOverflow(uint256 slot);
    /// @notice The wide account would fall below 0.
    error WideUnderflow(uint8 id);
    /// @notice The wide account would rise above 2^128 - 1 ticks.
    error WideOverflow(uint8 id);
    /// @notice An amount must be more than 0.
    error ZeroAmount();
    /// @notice Amounts are whole ticks: multiples of 100 millionths.
    error NotTickAligned();
    /// @notice The token handed over `got` instead of `expected`; tokens that charge for transfers can't be used.
    error TransferMismatch(uint256 expected, uint256 got);
    /// @notice Money can't go to nobody or back into the vault.
    error BadRecipient();
    /// @notice The home's earlier withdrawal isn't paid yet.
    error WithdrawalPending();
    /// @notice The home has asked for nothing.
    error NoWithdrawal();
    /// @notice Neither has everything up to the request been settled, nor has the escape delay passed.
    error WithdrawalLocked();
    /// @notice The home holds `have` ticks and asked for `want`.
    error InsufficientBalance(uint256 have, uint256 want);

    /// @notice Escrow of home `id` grew.
    event Deposited(uint32 indexed id, address indexed from, uint256 ticks);
    /// @notice Escrow of wide account `id` grew.
    event WideDeposited(uint8 indexed id, address indexed from, uint256 ticks);
    /// @notice A certified period can be challenged from now on.
    event PeriodProposed(uint64 indexed period, bytes32 indexed digest);
    /// @notice A proposal that nobody finalised is gone.
    event ProposalExpired(uint64 indexed period, bytes32 indexed digest);
    /// @notice `period` is final; `digest` is what the validators signed.
    event PeriodSettled(uint64 indexed period, bytes32 indexed head, bytes32 indexed digest, uint64 settledUntil);
    /// @notice The owner of home `id` wants its money; it counts as spent from now on.
    event WithdrawalRequested(uint32 indexed id, address indexed to, uint256 ticks);
    /// @notice `ticks` left the vault.
    event WithdrawalFinalized(uint32 indexed id, address indexed to, uint256 ticks);

    /// @notice Escrows the caller's money for a home; anybody may.
    /// @param id The home.
    /// @param amount In millionths; whole ticks.
    function deposit(uint32 id, uint256 amount) external;

    /// @notice Escrows the caller's money for a wide account; anybody may.
    /// @param id 0 is the residual supplier; 0 to 7 exist.
    /// @param amount In millionths; whole ticks.
    function depositWide(uint8 id, uint256 amount) external;

    /// @notice Opens a certified period for challenge. Anyone may: what counts is who signed.
    /// @param p The period.
    /// @param vector Balance changes of the homes, as in contracts/README.md.
    /// @param wide Balance changes of the wide accounts, as in contracts/README.md.
    /// @param cert Validator index (1 byte) and signature r|s|v (65 bytes) each, by strictly rising index.
    function propose(Period calldata p, bytes calldata vector, bytes calldata wide, bytes calldata cert) external;

    /// @notice Settles the open proposal once its window is over. Anyone may.
    /// @param p The proposed period.
    /// @param vector As proposed.
    /// @param wide As proposed.
    function finalize(Period calldata p, bytes calldata vector, bytes calldata wide) external;

    /// @notice Drops a proposal that nobody finalised in time, so that nothing is stuck for ever. Anyone may.
    /// @param p The proposed period.
    function expire(Period calldata p) external;

    /// @notice First step: the owner asks for money. From now on validators treat it as spent.
    /// @param id The home.
    /// @param to Who gets the money.
    /// @param ticks How much.
    function requestWithdraw(uint32 id, address to, uint64 ticks) external;

    /// @notice Second step, by anyone: pays what was asked for, or what is left of it after settlement.
    /// @param id The home.
    function finalizeWithdraw(uint32 id) external;

    /// @notice The period that must come next.
    function nextPeriod() external view returns (uint64);

    /// @notice Unix seconds up to which every home is settled.
    function settledUntil() external view returns (uint64);

    /// @notice Escrow of a home in ticks.
    /// @param id The home.
    function balanceOf(uint32 id) external view returns (uint256);

    /// @notice Escrow of a wide account in ticks.
    /// @param id The account.
    function wideBalance(uint8 id) external view returns (uint256);

    /// @notice Escrows at one moment, in ticks: of up to `count` homes from id `from` on, and of all wide accounts.
    /// @param from First home.
    /// @param count At most this many.
    /// @return ticks By home.
    /// @return requested What of it withdrawals have asked for, by home.
    /// @return wide By account.
    function balances(
        uint256 from,
        uint256 count
    ) external view returns (uint32[] memory ticks, uint32[] memory requested, uint128[8] memory wide);

    /// @notice What home `id` has asked for; zeros when nothing.
    /// @param id The home.
    function withdrawal(uint32 id) external view returns (Withdrawal memory);

    /// @notice All that changes, for one cheap question.
    function status() external view returns (Status memory);

    /// @notice What validators sign for a period.
    /// @param p The period.
    function digest(Period calldata p) external view returns (bytes32);
}
