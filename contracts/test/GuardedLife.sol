// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Reference} from "./Reference.sol";
import {StreetLife} from "./StreetLife.sol";

/// @title What a guardian, a challenger and who carries others' signatures can do in a street
contract GuardedLife is StreetLife {
    address private constant RELAYER = address(0x3e1a);

    /// @dev I10: never longer than the most, never again before as much time has passed.
    function pause(uint256 duration) external {
        duration = _bound(duration, 0, duration % 8 == 0 ? MAX_PAUSE + 1 : 2 hours);
        bytes memory refusal;
        if (block.timestamp < nextPause) refusal = abi.encodeWithSelector(IGridVault.PauseCoolingDown.selector, uint64(nextPause));
        if (duration == 0 || duration > MAX_PAUSE) {
            refusal = abi.encodeWithSelector(IGridVault.BadPause.selector, duration, uint256(MAX_PAUSE));
        }
        vm.prank(GUARDIAN);
        if (refusal.length > 0) _refuse(refusal);
        vault.pause(duration);
        if (refusal.length > 0) return _did("pause refused");
        pausedUntil = block.timestamp + duration;
        nextPause = pausedUntil + duration;
        _did("pause");
    }

    function unpause() external {
        bool isPaused = block.timestamp < pausedUntil;
        vm.prank(GUARDIAN);
        if (!isPaused) _refuse(IGridVault.NotPaused.selector);
        vault.unpause();
        if (isPaused) pausedUntil = 0;
        _did(isPaused ? "unpause" : "unpause refused");
    }

    /// @dev Whoever else it is that tries.
    function guardByAnother(uint256 seed) external {
        address by = seed % 2 == 0 ? REGISTRAR : GOVERNOR;
        Batch memory batch = _proposal.exists ? abi.decode(_proposal.batch, (Batch)) : _emptyBatch();
        vm.prank(by);
        _refuseTo(by);
        if (seed % 3 == 0) vault.veto(batch.period);
        else if (seed % 3 == 1) vault.pause(1);
        else vault.unpause();
        _did("not the guardian");
    }

    /// @dev Seldom, as most proposals are to be settled.
    function veto(uint256 seed) external {
        if (!_proposal.exists || seed % 4 != 0) return;
        Batch memory batch = abi.decode(_proposal.batch, (Batch));
        vm.prank(GUARDIAN);
        vault.veto(batch.period);
        _refuseForEver();
        _did("veto");
    }

    /// @dev Inside the window, with what convinces the judge and with what doesn't.
    function challenge(uint256 seed) external {
        if (!_proposal.exists || (seed >> 8) % 4 != 0) return;
        Batch memory batch = abi.decode(_proposal.batch, (Batch));
        IDisputes.Fraud kind = IDisputes.Fraud(seed % 4);
        bytes memory proof = abi.encodePacked(uint8(kind), batch.period.head);
        bytes4 refusal;
        if (block.timestamp >= _proposal.time + WINDOW) refusal = IGridVault.WindowClosed.selector;
        else if (seed % 5 < 2) (proof, refusal) = (abi.encodePacked(uint8(kind) ^ 1, batch.period.head), IDisputes.NoFraud.selector);
        vm.prank(STRANGER);
        if (refusal != 0) _refuse(refusal);
        vault.challenge(batch.period, kind, proof);
        if (refusal != 0) return _did("challenge refused");
        _refuseForEver();
        _did("challenge");
    }

    /// @dev What was refused is never taken again, however well it is certified.
    function proposeRefused() external {
        if (_lastRefused.length == 0 || _proposal.exists || block.timestamp < pausedUntil) return;
        Batch memory batch = abi.decode(_lastRefused, (Batch));
        if (batch.period.period != FIRST_PERIOD + periods || batch.period.prevPeriod != link) return;
        _refuse(IGridVault.ProposalRefused.selector);
        vault.propose(batch.period, batch.vector, batch.wide, _refusedCert);
        _did("refused proposal");
    }

    /// @dev Carried by a stranger, who may find that the token has the permit already.
    function depositWithPermit(uint256 home, uint256 ticks) external {
        home = _bound(home, 0, _held.length - 1);
        uint256 amount = TICK * _bound(ticks, 1, 5_000);
        if (_held[home] + int256(amount / TICK) > Reference.LARGEST || block.timestamp < pausedUntil) return;
        (uint8 v, bytes32 r, bytes32 s) = _permit(home, amount);
        address owner = _owner(home);
        if (ticks % 3 == 0) token.permit(owner, address(vault), amount, type(uint256).max, v, r, s);
        _refuse(IRegistry.NotOwner.selector);
        vault.depositWithPermit(uint32((home + 1) % _held.length), owner, amount, type(uint256).max, v, r, s);
        vm.prank(STRANGER);
        vault.depositWithPermit(uint32(home), owner, amount, type(uint256).max, v, r, s);
        _credit(home, amount / TICK);
        _did("deposit with permit");
    }

    /// @dev What an owner signed is carried once.
    function requestFor(uint256 who, uint256 drawn) external {
        uint256 account = _account(who);
        uint256 held = _free(account);
        if (_asked[account].ticks != 0 || held == 0 || _keyOf(account) == 0) return;
        uint64 ticks = uint64(_bound(drawn, 1, held));
        uint64 fee = uint64(drawn >> 128) % (ticks + 1);
        bytes32 structHash = _withdrawHash(account, _purse(account), ticks, fee, _signedTimes[account], block.timestamp);
        bytes memory signature = _signature(_keyOf(account), _typed(structHash));
        _requestFor(account, ticks, fee, signature);
        ++_signedTimes[account];
        _refuse(IRegistry.BadSignature.selector);
        _requestFor(account, ticks, fee, signature);
        _collect(account);
        _asked[account] = Asked(_purse(account), block.timestamp, ticks, fee == 0 ? address(0) : RELAYER, fee);
        _did(_isWide(account) ? "request wide carried" : "request carried");
    }

    /// @dev Owner and validators together pay at once, out of what nobody has asked for yet.
    function withdrawNow(uint256 who, uint256 drawn) external {
        uint256 account = _account(who);
        if (nextInterval == 0 || _keyOf(account) == 0) return;
        uint256 free = _spendable(account);
        uint64 ticks = uint64(_bound(drawn, 1, free + free / 8 + 1));
        uint64 period = FIRST_PERIOD + periods;
        bytes32 signed = _typed(_withdrawNowHash(account, _purse(account), ticks, _signedTimes[account], period, block.timestamp));
        bytes memory call = _withdrawNowCall(account, ticks, period, signed);
        if (_isStopped(STRANGER, call)) return;
        bytes memory refusal;
        if (ticks > free) refusal = abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, free, uint256(ticks));
        if (_proposal.exists) refusal = abi.encodeWithSelector(IGridVault.ProposalOpen.selector);
        uint256 before = token.balanceOf(_purse(account));
        _carry(call, refusal);
        if (refusal.length > 0) return _did("withdraw now refused");
        ++_signedTimes[account];
        vm.assertEq(token.balanceOf(_purse(account)) - before, ticks * TICK, "paid at once");
        _carry(call, abi.encodeWithSelector(IRegistry.BadSignature.selector));
        _collect(account);
        _takeOut(account, ticks);
        _did(_isWide(account) ? "withdraw now wide" : "withdraw now");
    }

    function _withdrawNowCall(uint256 account, uint64 ticks, uint64 period, bytes32 signed) private view returns (bytes memory) {
        bytes memory signature = _signature(_keyOf(account), signed);
        bytes memory cert = _certify(signed, nextInterval, type(uint256).max);
        return abi.encodeCall(IEscrow.withdrawNow, (uint32(account), _purse(account), ticks, period, block.timestamp, signature, cert));
    }

    function _requestFor(uint256 account, uint64 ticks, uint64 fee, bytes memory signature) private {
        vm.prank(RELAYER);
        vault.requestWithdrawFor(uint32(account), _purse(account), ticks, fee, block.timestamp, signature);
    }

    /// @dev A stranger makes the call, which is refused with `refusal` unless that is empty.
    function _carry(bytes memory call, bytes memory refusal) private {
        vm.prank(STRANGER);
        (bool isTaken, bytes memory said) = address(vault).call(call);
        vm.assertTrue(isTaken == (refusal.length == 0), "taken");
        if (!isTaken) vm.assertEq(said, refusal, "refused for it");
    }

    function _refuseForEver() private {
        _lastRefused = _proposal.batch;
        _refusedCert = _proposal.cert;
        _dropProposal();
    }
}
