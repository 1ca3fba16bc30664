// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDisputes} from "./IDisputes.sol";
import {IEscrow} from "./IEscrow.sol";
import {IRegistry} from "./IRegistry.sol";

/// @title What a street's vault offers
/// @notice Callers know this and no more: homes and validators (IRegistry), money (IEscrow), and how periods settle.
interface IGridVault is IRegistry, IEscrow {
    /// @notice What a vault is built with; nothing of it ever changes.
    struct Config {
        /// @notice The currency; must not charge for transfers.
        IERC20 token;
        /// @notice Says who may register and revoke homes, name validators, veto and pause (OpenZeppelin AccessManager). Touches no money.
        address authority;
        /// @notice The period that comes first.
        uint48 firstPeriod;
        /// @notice What the first period links to.
        bytes32 prevPeriod;
        /// @notice Seconds between proposal and settlement.
        uint48 challengeWindow;
        /// @notice Seconds after the window at which an unsettled proposal may be dropped.
        uint48 proposalTtl;
        /// @notice Seconds after which a withdrawal is paid even if nobody settles any more.
        uint48 escapeDelay;
        /// @notice Seconds that the street's clock may be ahead of the chain's; more than a few minutes only in replays.
        uint48 aheadSeconds;
        /// @notice The longest pause, in seconds; 0: the vault can't be paused.
        uint48 maxPause;
        /// @notice Says what counts as fraud; 0: nobody can prove any.
        IDisputes disputes;
    }

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
        /// @notice The vault is paused before this second.
        uint64 pausedUntil;
        /// @notice From when on it may be paused again.
        uint64 nextPause;
        uint32 homeCount;
        /// @notice Hash chain over all changes of the registry: the same head means the same history.
        bytes32 registryHead;
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
    /// @notice The time to challenge the proposal is over.
    error WindowClosed();
    /// @notice This street has nobody who judges proofs of fraud.
    error NoDisputes();
    /// @notice The guardian keeps money and periods where they are until then; after the escape delay withdrawals are paid all the same.
    error VaultPaused(uint64 until);
    /// @notice A pause has 1 to `most` seconds.
    error BadPause(uint256 duration, uint256 most);
    /// @notice After a pause as much time must pass without one.
    error PauseCoolingDown(uint64 until);
    /// @notice The vault isn't paused.
    error NotPaused();
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
    /// @notice A home among ids 8 x `slot` to 8 x `slot` + 7 would rise above 2^31 - 1 ticks, or by a deposit above 2^30 - 1.
    error LaneOverflow(uint256 slot);
    /// @notice The wide account has `lacking` ticks less than the period takes from it; from the supplier's, 0, it also takes what homes lack.
    error WideUnderflow(uint8 id, uint256 lacking);
    /// @notice A certified period can be challenged from now on.
    event PeriodProposed(uint64 indexed period, bytes32 indexed digest);
    /// @notice A proposal that nobody finalised is gone.
    event ProposalExpired(uint64 indexed period, bytes32 indexed digest);
    /// @notice A proposal was proven wrong by `challenger`, and counts for nothing ever after.
    event FraudProven(uint64 indexed period, bytes32 indexed digest, IDisputes.Fraud kind, address challenger);
    /// @notice The guardian refused a proposal; it counts for nothing ever after.
    event ProposalVetoed(uint64 indexed period, bytes32 indexed digest);
    /// @notice The guardian paused the vault.
    event Paused(uint64 until);
    /// @notice The guardian ended the pause.
    event Unpaused();
    /// @notice `period` is final; `digest` is what the validators signed.
    event PeriodSettled(uint64 indexed period, bytes32 indexed head, bytes32 indexed digest, uint64 settledUntil);
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

    /// @notice Shows that the open proposal is wrong, inside its window: it is dropped and never taken again. Anyone may.
    /// @param p The proposed period.
    /// @param kind What is wrong.
    /// @param proof As `disputes` reads it.
    function challenge(Period calldata p, IDisputes.Fraud kind, bytes calldata proof) external;

    /// @notice Drops the open proposal, inside its window or after it, and for ever. The guardian only.
    /// @param p The proposed period.
    function veto(Period calldata p) external;

    /// @notice Keeps money and periods where they are for a while, then not again for as long. The guardian only.
    /// @param duration Seconds.
    function pause(uint256 duration) external;

    /// @notice Ends the pause; the cool-down stays. The guardian only.
    function unpause() external;

    /// @notice The period that must come next.
    function nextPeriod() external view returns (uint64);

    /// @notice Unix seconds up to which every home is settled.
    function settledUntil() external view returns (uint64);

    /// @notice All that changes, for one cheap question.
    function status() external view returns (Status memory);

    /// @notice What validators sign for a period.
    /// @param p The period.
    function digest(Period calldata p) external view returns (bytes32);
}
