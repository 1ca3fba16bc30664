// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Deltas} from "./Deltas.sol";
import {IGridVault} from "./IGridVault.sol";
import {Lanes} from "./Lanes.sol";
import {Quorum} from "./Quorum.sol";
import {Registry} from "./Registry.sol";

/// @title A street's escrow, settled by certified periods
/// @notice Nobody owns it and nobody can change it. Money moves in three ways: a deposit, a period that more than two thirds
/// of the validators that it began with signed, and a withdrawal that the home's owner asked for.
contract GridVault is IGridVault, Quorum, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice What a vault is built with; nothing of it ever changes.
    struct Config {
        /// @notice The currency; must not charge for transfers.
        IERC20 token;
        /// @notice Adds and revokes homes and names validators; touches no money.
        address registrar;
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
    }

    /// @dev Where the street stands, in one word: settling reads it once and writes it once.
    struct Progress {
        uint48 nextPeriod;
        /// @dev 0 before the first proposal.
        uint48 nextInterval;
        uint48 settledUntil;
        /// @dev 0 when no proposal is open.
        uint48 proposedAt;
        uint48 pausedUntil;
        /// @dev Whether a proposal for the next period was refused: most often none was, and the list of them isn't looked at.
        bool isRefused;
    }

    /// @notice Millionths of the currency in one tick.
    uint256 public constant TICK = 100;
    /// @notice The most that a home may hold, in ticks: 31 bits.
    uint256 public constant MAX_TICKS = Lanes.MAX;

    bytes32 private constant PERIOD_TYPEHASH = keccak256(
        "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevPeriod,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)"
    );

    /// @notice The currency.
    IERC20 public immutable token;
    /// @notice Seconds between proposal and settlement.
    uint48 public immutable challengeWindow;
    /// @notice Seconds after the window at which an unsettled proposal may be dropped.
    uint48 public immutable proposalTtl;
    /// @notice Seconds after which a withdrawal is paid even if nobody settles any more.
    uint48 public immutable escapeDelay;
    /// @notice Seconds that the street's clock may be ahead of the chain's.
    uint48 public immutable aheadSeconds;

    /// @dev The period that was certified for the street to begin with.
    uint48 private immutable _firstPeriod;

    Progress private _progress;
    /// @dev Struct hash of the open proposal, else of the last settled period. A settled proposal leaves it as it is.
    bytes32 private _link;
    mapping(bytes32 structHash => bool) private _refused;

    /// @dev Balances, Lanes.COUNT to a word.
    uint256[MAX_HOMES / 8] private _lanes;
    mapping(uint256 id => uint128) private _wide;
    mapping(uint256 id => Withdrawal) private _withdrawals;

    /// @param config What never changes.
    constructor(Config memory config) Registry(config.registrar) EIP712("GridVault", "1") {
        if (address(config.token) == address(0)) revert ZeroAddress();
        token = config.token;
        challengeWindow = config.challengeWindow;
        proposalTtl = config.proposalTtl;
        escapeDelay = config.escapeDelay;
        aheadSeconds = config.aheadSeconds;
        _firstPeriod = config.firstPeriod;
        _progress.nextPeriod = config.firstPeriod;
        _link = config.prevPeriod;
    }

    /// @inheritdoc IGridVault
    function deposit(uint32 id, uint256 amount) external nonReentrant {
        _requireHome(id);
        uint256 ticks = _pull(amount);
        uint256 balance = _ticksOf(id) + ticks;
        if (balance > MAX_TICKS) revert LaneOverflow(id / Lanes.COUNT);
        _setTicks(id, balance);
        emit Deposited(id, msg.sender, ticks);
    }

    /// @inheritdoc IGridVault
    function depositWide(uint8 id, uint256 amount) external nonReentrant {
        if (id >= Deltas.WIDE_ACCOUNTS) revert UnknownAccount(id);
        uint256 ticks = _pull(amount);
        if (ticks > type(uint128).max - _wide[id]) revert WideOverflow(id);
        _wide[id] += uint128(ticks);
        emit WideDeposited(id, msg.sender, ticks);
    }

    /// @inheritdoc IGridVault
    function propose(Period calldata p, bytes calldata vector, bytes calldata wide, bytes calldata cert) external {
        Progress memory progress = _progress;
        _checkOrder(p, progress);
        bytes32 structHash = _structHash(p);
        if (progress.isRefused && _refused[structHash]) revert ProposalRefused();
        bytes32 signed = _hashTypedDataV4(structHash);
        _checkQuorum(signed, cert, p.fromInterval);
        _checkBytes(p, vector, wide);
        int256 sum = Deltas.sumVector(vector, homeCount()) + Deltas.sumWide(wide);
        if (sum != 0) revert NotConserved(sum);

        // From now on nobody changes who certifies this period, not even of the first one.
        progress.nextInterval = uint48(p.fromInterval);
        progress.proposedAt = uint48(block.timestamp);
        _progress = progress;
        _link = structHash;
        emit PeriodProposed(p.period, signed);
    }

    /// @inheritdoc IGridVault
    function finalize(Period calldata p, bytes calldata vector, bytes calldata wide) external {
        Progress memory progress = _progress;
        bytes32 structHash = _requireProposed(p, progress);
        uint256 until = _finalizableAt(progress);
        if (block.timestamp < until) revert WindowOpen(uint64(until));
        _checkBytes(p, vector, wide);

        progress.nextPeriod += 1;
        progress.nextInterval = uint48(p.toInterval + 1);
        progress.settledUntil = uint48(p.coversUntil);
        progress.proposedAt = 0;
        progress.isRefused = false;
        _progress = progress;
        _applyVector(vector);
        _applyWide(wide);
        emit PeriodSettled(p.period, p.head, _hashTypedDataV4(structHash), p.coversUntil);
    }

    /// @inheritdoc IGridVault
    function expire(Period calldata p) external {
        Progress memory progress = _progress;
        bytes32 structHash = _requireProposed(p, progress);
        uint256 until = _finalizableAt(progress) + proposalTtl;
        if (block.timestamp < until) revert ProposalFresh(uint64(until));
        _drop(p, progress);
        emit ProposalExpired(p.period, _hashTypedDataV4(structHash));
    }

    /// @inheritdoc IGridVault
    function requestWithdraw(uint32 id, address to, uint64 ticks) external {
        _requireOwner(id);
        if (to == address(0) || to == address(this)) revert BadRecipient();
        if (ticks == 0) revert ZeroAmount();
        if (_withdrawals[id].ticks != 0) revert WithdrawalPending();
        uint256 balance = _ticksOf(id);
        if (ticks > balance) revert InsufficientBalance(balance, ticks);
        _withdrawals[id] = Withdrawal({to: to, requestedAt: uint64(block.timestamp), ticks: uint32(ticks)});
        emit WithdrawalRequested(id, to, ticks);
    }

    /// @inheritdoc IGridVault
    function finalizeWithdraw(uint32 id) external nonReentrant {
        Withdrawal memory asked = _withdrawals[id];
        if (asked.ticks == 0) revert NoWithdrawal();
        bool isSettled = _progress.settledUntil >= asked.requestedAt;
        if (!isSettled && block.timestamp < uint256(asked.requestedAt) + escapeDelay) revert WithdrawalLocked();

        uint256 balance = _ticksOf(id);
        uint256 ticks = asked.ticks < balance ? asked.ticks : balance;
        delete _withdrawals[id];
        _setTicks(id, balance - ticks);
        emit WithdrawalFinalized(id, asked.to, ticks);
        token.safeTransfer(asked.to, ticks * TICK);
    }

    /// @inheritdoc IGridVault
    function balanceOf(uint32 id) external view returns (uint256) {
        _requireHome(id);
        return _ticksOf(id);
    }

    /// @inheritdoc IGridVault
    function wideBalance(uint8 id) external view returns (uint256) {
        if (id >= Deltas.WIDE_ACCOUNTS) revert UnknownAccount(id);
        return _wide[id];
    }

    /// @inheritdoc IGridVault
    function balances(
        uint256 from,
        uint256 count
    ) external view returns (uint32[] memory ticks, uint32[] memory requested, uint128[8] memory wide) {
        uint256 size = _pageSize(from, count);
        ticks = new uint32[](size);
        requested = new uint32[](size);
        for (uint256 i; i < size; ++i) {
            ticks[i] = uint32(_ticksOf(from + i));
            requested[i] = _withdrawals[from + i].ticks;
        }
        for (uint256 id; id < Deltas.WIDE_ACCOUNTS; ++id) wide[id] = _wide[id];
    }

    /// @inheritdoc IGridVault
    function withdrawal(uint32 id) external view returns (Withdrawal memory) {
        return _withdrawals[id];
    }

    /// @inheritdoc IGridVault
    function status() external view returns (Status memory) {
        Progress memory progress = _progress;
        bool isOpen = progress.proposedAt != 0;
        return
            Status({
                nextPeriod: progress.nextPeriod,
                nextInterval: progress.nextInterval,
                settledUntil: progress.settledUntil,
                link: _link,
                proposal: isOpen ? _hashTypedDataV4(_link) : bytes32(0),
                finalizableAt: isOpen ? uint64(_finalizableAt(progress)) : 0,
                homeCount: uint32(homeCount()),
                registryHead: registryHead
            });
    }

    /// @inheritdoc IGridVault
    function nextPeriod() external view returns (uint64) {
        return _progress.nextPeriod;
    }

    /// @inheritdoc IGridVault
    function settledUntil() external view returns (uint64) {
        return _progress.settledUntil;
    }

    /// @inheritdoc IGridVault
    function digest(Period calldata p) external view returns (bytes32) {
        return _hashTypedDataV4(_structHash(p));
    }

    /// @dev Reverts unless `p` may come next by its numbers and its link. What passes fits the fields of Progress.
    function _checkOrder(Period calldata p, Progress memory progress) private view {
        if (p.period != progress.nextPeriod) revert WrongPeriod(progress.nextPeriod, p.period);
        if (progress.proposedAt != 0) revert ProposalOpen();
        if (p.prevPeriod != _link) revert WrongLink(_link, p.prevPeriod);
        bool follows = progress.nextInterval == 0 || p.fromInterval == progress.nextInterval;
        // The last interval there is has no next one.
        bool isRange = p.fromInterval <= p.toInterval && p.toInterval < type(uint48).max;
        if (!follows || !isRange || p.coversUntil < progress.settledUntil) revert BadIntervalRange();
        if (p.coversUntil > block.timestamp + aheadSeconds || p.coversUntil > type(uint48).max) revert FutureCover();
    }

    /// @dev Reverts unless `p` is the open proposal, and returns its struct hash.
    function _requireProposed(Period calldata p, Progress memory progress) private view returns (bytes32 structHash) {
        if (progress.proposedAt == 0) revert NoProposal();
        structHash = _structHash(p);
        if (structHash != _link) revert ProposalMismatch();
    }

    /// @dev Takes the open proposal `p` back, as if it had never been made.
    function _drop(Period calldata p, Progress memory progress) private {
        progress.proposedAt = 0;
        // The street may begin anywhere still.
        if (p.period == _firstPeriod) progress.nextInterval = 0;
        _progress = progress;
        _link = p.prevPeriod;
    }

    function _structHash(Period calldata p) private pure returns (bytes32) {
        // Every field is static, so the struct encodes as its own words in order.
        return keccak256(abi.encode(PERIOD_TYPEHASH, p));
    }

    /// @dev Takes the caller's money and returns it in ticks.
    function _pull(uint256 amount) private returns (uint256) {
        if (amount == 0) revert ZeroAmount();
        if (amount % TICK != 0) revert NotTickAligned();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amount) revert TransferMismatch(amount, got);
        return amount / TICK;
    }

    function _checkBytes(Period calldata p, bytes calldata vector, bytes calldata wide) private pure {
        if (keccak256(vector) != p.vectorHash || keccak256(wide) != p.wideHash) revert VectorMismatch();
    }

    function _applyVector(bytes calldata vector) private {
        uint256 first;
        assembly ("memory-safe") {
            first := _lanes.slot
        }
        uint256 words = vector.length / 32;
        uint256 bad = Lanes.change(first, vector, words);
        if (bad < words) revert LaneOverflow(bad);
    }

    function _applyWide(bytes calldata wide) private {
        uint256 entries = wide.length / Deltas.WIDE_ENTRY;
        for (uint256 i; i < entries; ++i) {
            (uint8 id, int256 delta) = Deltas.ofWide(wide, i);
            int256 balance = int256(uint256(_wide[id])) + delta;
            if (balance < 0) revert WideUnderflow(id);
            if (balance > int256(uint256(type(uint128).max))) revert WideOverflow(id);
            _wide[id] = uint128(uint256(balance));
        }
    }

    function _ticksOf(uint256 id) private view returns (uint256) {
        return Lanes.balanceAt(_lanes[id / Lanes.COUNT], id % Lanes.COUNT);
    }

    function _setTicks(uint256 id, uint256 ticks) private {
        uint256 slot = id / Lanes.COUNT;
        _lanes[slot] = Lanes.set(_lanes[slot], id % Lanes.COUNT, ticks);
    }

    function _nextUnsettled() internal view override returns (uint256) {
        return _progress.nextInterval;
    }

    function _finalizableAt(Progress memory progress) private view returns (uint256) {
        return uint256(progress.proposedAt) + challengeWindow;
    }
}
