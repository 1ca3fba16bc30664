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
/// of the validators that it began with signed, and a withdrawal that the home's owner, or the wide account's payee, asked for.
/// What a home lacks for a period it owes the supplier, whose account bears it, and pays back before it is paid anything.
contract GridVault is Periods {
    using SafeERC20 for IERC20;

    bytes32 private constant WITHDRAW_TYPEHASH = keccak256(
        "Withdraw(uint32 home,address to,uint64 ticks,uint64 feeTicks,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant WITHDRAW_NOW_TYPEHASH = keccak256(
        "WithdrawNow(uint32 home,address to,uint64 ticks,uint256 nonce,uint64 period,uint256 deadline)"
    );

    bytes32 private constant REDIRECT_TYPEHASH = keccak256("Redirect(uint32 home,address to,uint256 nonce,uint256 deadline)");

    /// @notice Seconds after which a withdrawal is paid even if nobody settles any more.
    uint48 public immutable escapeDelay;

    /// @inheritdoc IEscrow
    mapping(uint8 id => address) public payee;

    /// @dev By account.
    mapping(uint256 id => Withdrawal) private _withdrawals;
    mapping(uint256 id => uint256) private _nonces;

    /// @param config What never changes.
    constructor(Config memory config) Registry(config.authority) EIP712("GridVault", "1") Escrow(config.token) Periods(config) {
        escapeDelay = config.escapeDelay;
    }

    /// @inheritdoc IEscrow
    function setPayee(uint8 id, address payee_) external {
        if (id >= Deltas.WIDE_ACCOUNTS) revert UnknownAccount(id);
        if (payee_ == address(0)) revert ZeroAddress();
        address known = payee[id];
        if (known == address(0)) _checkCanCall(msg.sender, msg.data);
        else if (msg.sender != known) revert NotOwner();
        payee[id] = payee_;
        emit PayeeNamed(id, payee_);
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
        bytes32 structHash = keccak256(abi.encode(WITHDRAW_TYPEHASH, id, to, ticks, feeTicks, _nonces[id]++, deadline));
        _requireSignedInTime(id, structHash, deadline, signature);
        if (feeTicks > ticks) revert FeeTooHigh(feeTicks, ticks);
        _request(id, to, ticks);
        if (feeTicks == 0) return;
        Withdrawal storage asked = _withdrawals[id];
        (asked.relayer, asked.feeTicks) = (msg.sender, uint56(feeTicks));
    }

    /// @inheritdoc IEscrow
    function redirectWithdraw(uint32 id, address to) external {
        _requireOwner(id);
        _redirect(id, to);
    }

    /// @inheritdoc IEscrow
    function redirectWithdrawFor(uint32 id, address to, uint256 deadline, bytes calldata signature) external {
        bytes32 structHash = keccak256(abi.encode(REDIRECT_TYPEHASH, id, to, _nonces[id]++, deadline));
        _requireSignedInTime(id, structHash, deadline, signature);
        _redirect(id, to);
    }

    /// @inheritdoc IEscrow
    function finalizeWithdraw(uint32 id) external nonReentrant {
        Withdrawal memory asked = _withdrawals[id];
        if (asked.ticks == 0) revert NoWithdrawal();
        Progress memory progress = _progress();
        // What validators certified is settled before it: the proposal can be finalised or, after its time, dropped by anybody.
        if (id >= Deltas.FIRST_WIDE && progress.proposedAt != 0) _requireSpared(uint8(id - Deltas.FIRST_WIDE), progress);
        // The escape: after its delay nothing else is asked for any more.
        if (block.timestamp < uint256(asked.requestedAt) + escapeDelay) {
            if (progress.settledUntil < asked.requestedAt) revert WithdrawalLocked();
            _requireUnpaused(progress);
        }

        uint256 balance = _collect(id);
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
        address owner = _accountOwner(id);
        if (msg.sender != owner) _requireSigned(owner, structHash, signature);
        _checkQuorum(_hashTypedDataV4(structHash), cert, progress.nextInterval);
        _requirePayable(to, ticks);

        uint256 balance = _collect(id);
        uint256 requested = _withdrawals[id].ticks;
        uint256 free = requested < balance ? balance - requested : 0;
        if (ticks > free) revert InsufficientBalance(free, ticks);
        _setTicks(id, balance - ticks);
        _pay(id, to, ticks);
    }

    /// @inheritdoc IEscrow
    function balances(uint256 from, uint256 count) external view returns (Balance[] memory homes_, uint128[8] memory wide) {
        homes_ = new Balance[](_pageSize(from, count));
        for (uint256 i; i < homes_.length; ++i) {
            uint256 id = from + i;
            homes_[i] = Balance({ticks: uint32(_ticksOf(id)), requested: uint32(_withdrawals[id].ticks), debt: _debts[id]});
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
        uint256 balance = _collect(id);
        if (balance > type(uint56).max) balance = type(uint56).max;
        if (ticks > balance) revert InsufficientBalance(balance, ticks);
        (asked.to, asked.requestedAt, asked.ticks) = (to, uint40(block.timestamp), uint56(ticks));
        emit WithdrawalRequested(id, to, ticks);
    }

    /// @dev What is asked for stays asked for, so that nobody can spend it in between.
    function _redirect(uint32 id, address to) private {
        _requireRecipient(to);
        Withdrawal storage asked = _withdrawals[id];
        if (asked.ticks == 0) revert NoWithdrawal();
        asked.to = to;
        emit WithdrawalRedirected(id, to);
    }

    function _pay(uint32 id, address to, uint256 ticks) private {
        emit WithdrawalFinalized(id, to, ticks);
        token.safeTransfer(to, ticks * TICK);
    }

    function _accountOwner(uint32 id) private view returns (address) {
        return id >= Deltas.FIRST_WIDE ? payee[uint8(id - Deltas.FIRST_WIDE)] : _ownerOf(id);
    }

    function _requireOwner(uint32 id) private view {
        if (msg.sender != _accountOwner(id)) revert NotOwner();
    }

    function _requireSignedInTime(uint32 id, bytes32 structHash, uint256 deadline, bytes calldata signature) private view {
        if (block.timestamp > deadline) revert Expired(deadline);
        _requireSigned(_accountOwner(id), structHash, signature);
    }

    /// @dev Of an open proposal.
    function _requireSpared(uint8 id, Progress memory progress) private pure {
        if ((progress.falling >> id) & 1 != 0) revert WideNeeded(id);
    }

    function _requirePayable(address to, uint64 ticks) private view {
        _requireRecipient(to);
        if (ticks == 0) revert ZeroAmount();
    }

    function _requireRecipient(address to) private view {
        if (to == address(0) || to == address(this)) revert BadRecipient();
    }
}
