// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Deltas} from "./Deltas.sol";
import {IEscrow} from "./IEscrow.sol";
import {IGridVault} from "./IGridVault.sol";
import {Lanes} from "./Lanes.sol";
import {Quorum} from "./Quorum.sol";

/// @title The street's money, by home, and how more of it comes in
abstract contract Escrow is IGridVault, Quorum, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Where the street stands.
    struct Progress {
        uint48 nextPeriod;
        /// @dev 0 before the first proposal.
        uint48 nextInterval;
        uint48 settledUntil;
        /// @dev 0 when no proposal is open.
        uint48 proposedAt;
        /// @dev The vault is paused before this second.
        uint48 pausedUntil;
        /// @dev Whether a proposal for the next period was refused: most often none was, and the list of them isn't looked at.
        bool isRefused;
        /// @dev The wide accounts that the last proposal takes from, a bit each, and always the supplier's; means something while it is open.
        uint8 falling;
    }

    /// @notice Millionths of the currency in one tick.
    uint256 public constant TICK = 100;
    /// @notice The most that a home may hold, in ticks: 31 bits.
    uint256 public constant MAX_TICKS = Lanes.MAX;
    /// @notice The most that deposits fill a home up to, in ticks: whoever pays in must leave room for what the street settles.
    uint256 public constant MAX_DEPOSITED = Lanes.MAX / 2;

    /// @notice The currency.
    IERC20 public immutable token;

    /// @dev A Progress, its first field lowest. Packed by hand, as Solidity would write it field by field.
    uint256 private _packedProgress;

    /// @dev Balances, Lanes.COUNT to a word.
    uint256[MAX_HOMES / 8] private _lanes;
    mapping(uint256 id => uint128) private _wide;
    /// @dev What homes lacked when periods were settled, in ticks; four to a word. The supplier's account bore it.
    uint64[MAX_HOMES] internal _debts;

    constructor(IERC20 token_) {
        if (address(token_) == address(0)) revert ZeroAddress();
        token = token_;
    }

    /// @inheritdoc IEscrow
    function deposit(uint32 id, uint256 amount) external nonReentrant {
        _depositFrom(msg.sender, id, amount);
    }

    /// @inheritdoc IEscrow
    function depositWithPermit(
        uint32 id,
        address from,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Whoever carries it chooses the home; so it can only be one of the payer's own.
        if (from != _ownerOf(id)) revert NotOwner();
        // Who saw it on its way may have carried it to the token already. What counts is the allowance.
        try IERC20Permit(address(token)).permit(from, address(this), amount, deadline, v, r, s) {} catch {}
        _depositFrom(from, id, amount);
    }

    /// @inheritdoc IEscrow
    function depositWide(uint8 id, uint256 amount) external nonReentrant {
        if (id >= Deltas.WIDE_ACCOUNTS) revert UnknownAccount(id);
        uint256 ticks = _pull(msg.sender, amount);
        if (ticks > type(uint128).max - _wide[id]) revert WideOverflow(id);
        _wide[id] += uint128(ticks);
        emit WideDeposited(id, msg.sender, ticks);
    }

    /// @inheritdoc IEscrow
    function repay(uint32 id) external {
        _requireHome(id);
        _requireUnpaused(_progress());
        _collect(id);
    }

    /// @inheritdoc IEscrow
    function balanceOf(uint32 id) external view returns (uint256) {
        _requireHome(id);
        return _ticksOf(id);
    }

    /// @inheritdoc IEscrow
    function wideBalance(uint8 id) public view returns (uint256) {
        if (id >= Deltas.WIDE_ACCOUNTS) revert UnknownAccount(id);
        return _wide[id];
    }

    function _depositFrom(address from, uint32 id, uint256 amount) private {
        _requireHome(id);
        uint256 ticks = _pull(from, amount);
        uint256 balance = _ticksOf(id) + ticks;
        if (balance > MAX_DEPOSITED) revert LaneOverflow(id / Lanes.COUNT);
        _setTicks(id, balance);
        emit Deposited(id, from, ticks);
        _collect(id);
    }

    /// @dev Takes money of `from` and returns it in ticks.
    function _pull(address from, uint256 amount) private returns (uint256) {
        _requireUnpaused(_progress());
        if (amount == 0) revert ZeroAmount();
        if (amount % TICK != 0) revert NotTickAligned();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amount) revert TransferMismatch(amount, got);
        return amount / TICK;
    }

    /// @dev Returns what homes lacked, in ticks: their balances are 0 then, and what they lacked is their debt.
    function _applyVector(bytes calldata vector) internal returns (uint256 shortfall) {
        uint256 first;
        assembly ("memory-safe") {
            first := _lanes.slot
        }
        uint256 words = vector.length / 32;
        uint256 bad = Lanes.change(first, vector, words);
        while (bad < words) {
            shortfall += _floor(bad, Lanes.word(vector, bad));
            bad = Lanes.nextBad(first, bad + 1, words);
        }
    }

    /// @dev Sets the balances of a word right that `changes` brought below 0 or above MAX_TICKS; most often there is none.
    function _floor(uint256 slot, uint256 changes) private returns (uint256 shortfall) {
        uint256 balances_ = Lanes.before(_lanes[slot], changes);
        for (uint256 i; i < Lanes.COUNT; ++i) {
            int256 balance = int256(Lanes.balanceAt(balances_, i)) + Lanes.changeAt(changes, i);
            if (balance > int256(MAX_TICKS)) revert LaneOverflow(slot);
            if (balance < 0) {
                uint256 id = slot * Lanes.COUNT + i;
                uint256 lacking = uint256(-balance);
                _debts[id] += uint64(lacking);
                shortfall += lacking;
                balance = 0;
                emit DebtIncurred(uint32(id), lacking);
            }
            balances_ = Lanes.set(balances_, i, uint256(balance));
        }
        _lanes[slot] = balances_;
    }

    /// @dev The supplier's account bears the `shortfall` of homes, beside its own change.
    function _applyWide(bytes calldata wide, uint256 shortfall) internal {
        uint256 entries = wide.length / Deltas.WIDE_ENTRY;
        for (uint256 i; i < entries; ++i) {
            (uint8 id, int256 delta) = Deltas.ofWide(wide, i);
            if (id == Deltas.SUPPLIER) (delta, shortfall) = (delta - int256(shortfall), 0);
            _changeWide(id, delta);
        }
        if (shortfall != 0) _changeWide(Deltas.SUPPLIER, -int256(shortfall));
    }

    function _changeWide(uint8 id, int256 delta) private {
        int256 balance = int256(uint256(_wide[id])) + delta;
        if (balance < 0) revert WideUnderflow(id, uint256(-balance));
        if (balance > int256(uint256(type(uint128).max))) revert WideOverflow(id);
        _wide[id] = uint128(uint256(balance));
    }

    /// @dev Pays as much of a home's debt back as its balance has, and returns what is left in the account. Of a wide account: what is in it.
    function _collect(uint256 id) internal returns (uint256 balance) {
        balance = _ticksOf(id);
        if (id >= Deltas.FIRST_WIDE) return balance;
        uint256 debt = _debts[id];
        uint256 paid = debt < balance ? debt : balance;
        if (paid == 0) return balance;
        _debts[id] = uint64(debt - paid);
        balance -= paid;
        _setTicks(id, balance);
        _changeWide(Deltas.SUPPLIER, int256(paid));
        emit DebtRepaid(uint32(id), paid);
    }

    /// @dev What is in a home's account, or in a wide one.
    function _ticksOf(uint256 id) internal view returns (uint256) {
        if (id >= Deltas.FIRST_WIDE) return _wide[id - Deltas.FIRST_WIDE];
        return Lanes.balanceAt(_lanes[id / Lanes.COUNT], id % Lanes.COUNT);
    }

    /// @dev For a wide account never more than was there.
    function _setTicks(uint256 id, uint256 ticks) internal {
        if (id >= Deltas.FIRST_WIDE) {
            _wide[id - Deltas.FIRST_WIDE] = uint128(ticks);
            return;
        }
        uint256 slot = id / Lanes.COUNT;
        _lanes[slot] = Lanes.set(_lanes[slot], id % Lanes.COUNT, ticks);
    }

    function _requireUnpaused(Progress memory progress) internal view {
        if (block.timestamp < progress.pausedUntil) revert VaultPaused(progress.pausedUntil);
    }

    function _nextUnsettled() internal view override returns (uint256) {
        return _progress().nextInterval;
    }

    function _progress() internal view returns (Progress memory) {
        uint256 word = _packedProgress;
        return
            Progress({
                nextPeriod: uint48(word),
                nextInterval: uint48(word >> 48),
                settledUntil: uint48(word >> 96),
                proposedAt: uint48(word >> 144),
                pausedUntil: uint48(word >> 192),
                isRefused: uint8(word >> 240) != 0,
                falling: uint8(word >> 248)
            });
    }

    function _setProgress(Progress memory progress) internal {
        uint256 times = (uint256(progress.settledUntil) << 96) | (uint256(progress.proposedAt) << 144) | (uint256(progress.pausedUntil) << 192);
        uint256 next = progress.nextPeriod | (uint256(progress.nextInterval) << 48);
        uint256 marks = (uint256(progress.isRefused ? 1 : 0) << 240) | (uint256(progress.falling) << 248);
        _packedProgress = next | times | marks;
    }
}
