// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Deltas} from "./Deltas.sol";
import {Escrow} from "./Escrow.sol";
import {IEscrow} from "./IEscrow.sol";
import {Periods} from "./Periods.sol";
import {Registry} from "./Registry.sol";

/// @title A street's escrow, settled by certified periods
/// @notice Nobody owns it and nobody can change it. Money moves in three ways: a deposit, a period that more than two thirds
/// of the validators that it began with signed, and a withdrawal that the home's owner asked for.
contract GridVault is Periods {
    using SafeERC20 for IERC20;

    bytes32 private constant WITHDRAW_TYPEHASH = keccak256(
        "Withdraw(uint32 home,address to,uint64 ticks,uint64 feeTicks,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_NOW_TYPEHASH = keccak256(
        "WithdrawNow(uint32 home,address to,uint64 ticks,uint256 nonce,uint64 period,uint256 deadline)"
    );

    /// @notice Seconds after which a withdrawal is paid even if nobody settles any more.
    uint48 public immutable escapeDelay;

    mapping(uint256 id => Withdrawal) private _withdrawals;
    mapping(uint256 id => uint256) private _nonces;

    /// @param config What never changes.
    constructor(Config memory config) Registry(config.authority) EIP712("GridVault", "1") Escrow(config.token) Periods(config) {
        escapeDelay = config.escapeDelay;
    }

    /// @inheritdoc IEscrow
    function requestWithdraw(uint32 id, address to, uint64 ticks) external {
        _requireOwner(id);
        _request(id, to, ticks);
    }

    /// @inheritdoc IEscrow
    function requestWithdrawFor(
        uint32 id,
        address to,
        uint64 ticks,
        uint64 feeTicks,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert Expired(deadline);
        bytes32 structHash = keccak256(abi.encode(WITHDRAW_TYPEHASH, id, to, ticks, feeTicks, _nonces[id]++, deadline));
        _requireSigned(id, structHash, signature);
        if (feeTicks > ticks) revert FeeTooHigh(feeTicks, ticks);
        _request(id, to, ticks);
        if (feeTicks == 0) return;
        Withdrawal storage asked = _withdrawals[id];
        (asked.relayer, asked.feeTicks) = (msg.sender, uint32(feeTicks));
    }

    /// @inheritdoc IEscrow
    function finalizeWithdraw(uint32 id) external nonReentrant {
        Withdrawal memory asked = _withdrawals[id];
        if (asked.ticks == 0) revert NoWithdrawal();
        // The escape: after its delay nothing is asked for any more.
        if (block.timestamp < uint256(asked.requestedAt) + escapeDelay) {
            Progress memory progress = _progress();
            if (progress.settledUntil < asked.requestedAt) revert WithdrawalLocked();
            _requireUnpaused(progress);
        }

        uint256 balance = _ticksOf(id);
        uint256 ticks = asked.ticks < balance ? asked.ticks : balance;
        uint256 fee = asked.feeTicks < ticks ? asked.feeTicks : ticks;
        delete _withdrawals[id];
        _setTicks(id, balance - ticks);
        // A relayer whom the currency pays nothing must not keep the owner's money here.
        if (fee != 0 && token.trySafeTransfer(asked.relayer, fee * TICK)) {
            emit FeePaid(id, asked.relayer, fee);
            ticks -= fee;
        }
        _pay(id, asked.to, ticks);
    }

    /// @inheritdoc IEscrow
    function withdrawNow(
        uint32 id,
        address to,
        uint64 ticks,
        uint64 period,
        uint256 deadline,
        bytes calldata signature,
        bytes calldata cert
    ) external nonReentrant {
        if (block.timestamp > deadline) revert Expired(deadline);
        Progress memory progress = _progress();
        _requireUnpaused(progress);
        if (progress.proposedAt != 0) revert ProposalOpen();
        if (period != progress.nextPeriod) revert WrongPeriod(progress.nextPeriod, period);
        bytes32 structHash = keccak256(abi.encode(WITHDRAW_NOW_TYPEHASH, id, to, ticks, _nonces[id]++, period, deadline));
        if (msg.sender != _ownerOf(id)) _requireSigned(id, structHash, signature);
        _checkQuorum(_hashTypedDataV4(structHash), cert, progress.nextInterval);
        _requirePayable(to, ticks);

        uint256 balance = _ticksOf(id);
        uint256 requested = _withdrawals[id].ticks;
        uint256 free = requested < balance ? balance - requested : 0;
        if (ticks > free) revert InsufficientBalance(free, ticks);
        _setTicks(id, balance - ticks);
        _pay(id, to, ticks);
    }

    /// @inheritdoc IEscrow
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
        for (uint8 id; id < Deltas.WIDE_ACCOUNTS; ++id) wide[id] = uint128(wideBalance(id));
    }

    /// @inheritdoc IEscrow
    function withdrawal(uint32 id) external view returns (Withdrawal memory) {
        return _withdrawals[id];
    }

    /// @inheritdoc IEscrow
    function nonces(uint32 id) external view returns (uint256) {
        return _nonces[id];
    }

    function _request(uint32 id, address to, uint64 ticks) private {
        _requirePayable(to, ticks);
        Withdrawal storage asked = _withdrawals[id];
        if (asked.ticks != 0) revert WithdrawalPending();
        uint256 balance = _ticksOf(id);
        if (ticks > balance) revert InsufficientBalance(balance, ticks);
        (asked.to, asked.requestedAt, asked.ticks) = (to, uint64(block.timestamp), uint32(ticks));
        emit WithdrawalRequested(id, to, ticks);
    }

    function _pay(uint32 id, address to, uint256 ticks) private {
        emit WithdrawalFinalized(id, to, ticks);
        token.safeTransfer(to, ticks * TICK);
    }

    function _requirePayable(address to, uint64 ticks) private view {
        if (to == address(0) || to == address(this)) revert BadRecipient();
        if (ticks == 0) revert ZeroAmount();
    }
}
