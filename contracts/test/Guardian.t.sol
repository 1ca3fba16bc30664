// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Street} from "./Street.sol";

/// @title Pause, veto and challenge; permits, relayed requests and withdrawals at once
contract GuardianTest is Street {
    uint256 private constant HOMES = 10;
    address private constant PURSE = address(0x9125e);
    uint256 private constant DEADLINE = type(uint256).max;
    address private constant RELAYER = address(0x3e1a);

    function setUp() external {
        _open(HOMES, 4);
        for (uint256 home; home < HOMES; ++home) _deposit(home, 1_000);
    }

    /// @dev I10: a pause has an end, and then as much time without one.
    function testFuzz_aPauseIsBoundedAndCoolsDown(uint256 duration, uint256 wait, bool isEnded) external {
        duration = _bound(duration, 1, MAX_PAUSE);
        uint256 start = vm.getBlockTimestamp();
        _pause(duration, "");
        vm.assertEq(vault.status().pausedUntil, start + duration, "until");
        vm.assertEq(vault.status().nextPause, start + 2 * duration, "again");
        if (isEnded) {
            vm.prank(GUARDIAN);
            vault.unpause();
        }
        vm.warp(start + _bound(wait, 0, 2 * duration - 1));
        _pause(1, abi.encodeWithSelector(IGridVault.PauseCoolingDown.selector, uint64(start + 2 * duration)));
        vm.warp(start + 2 * duration);
        _pause(MAX_PAUSE, "");
    }

    function testFuzz_noPauseIsLongerThanTheMost(uint256 duration) external {
        duration = _bound(duration, uint256(MAX_PAUSE) + 1, type(uint256).max);
        _pause(duration, abi.encodeWithSelector(IGridVault.BadPause.selector, duration, uint256(MAX_PAUSE)));
        _pause(0, abi.encodeWithSelector(IGridVault.BadPause.selector, 0, uint256(MAX_PAUSE)));
        vm.prank(GUARDIAN);
        _refuse(IGridVault.NotPaused.selector);
        vault.unpause();
    }

    /// @dev Moves nothing but the escape; and ends by itself.
    function test_aPauseStopsAllButTheEscape() external {
        Batch memory batch = _emptyBatch();
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 3);
        _request(3, PURSE, 10);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + ESCAPE - 1);
        _pause(10, "");
        bytes memory paused = abi.encodeWithSelector(IGridVault.VaultPaused.selector, uint64(start + ESCAPE + 9));
        _refuse(paused);
        _propose(batch, cert);
        vm.prank(BANK);
        _refuse(paused);
        vault.deposit(3, TICK);
        vm.prank(BANK);
        _refuse(paused);
        vault.depositWide(3, TICK);
        _refuse(paused);
        vault.withdrawNow(3, PURSE, 1, FIRST_PERIOD, block.timestamp, "", "");
        _refuse(IEscrow.WithdrawalLocked.selector);
        vault.finalizeWithdraw(3);
        vm.warp(start + ESCAPE);
        vault.finalizeWithdraw(3);
        vm.assertEq(token.balanceOf(PURSE), 10 * TICK, "paid while paused");
        vm.warp(start + ESCAPE + 9);
        _propose(batch, cert);
    }

    /// @dev The path of settled withdrawals waits for the end of the pause.
    function test_aPauseStopsSettledWithdrawals() external {
        _request(3, PURSE, 10);
        _settle(_emptyBatch());
        _pause(10, "");
        bytes memory paused = abi.encodeWithSelector(IGridVault.VaultPaused.selector, vault.status().pausedUntil);
        _refuse(paused);
        vault.finalizeWithdraw(3);
        vm.prank(GUARDIAN);
        vault.unpause();
        vault.finalizeWithdraw(3);
        vm.assertEq(token.balanceOf(PURSE), 10 * TICK, "paid");
    }

    function testFuzz_aVetoIsForEver(uint256 wait) external {
        Batch memory batch = _emptyBatch();
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 3);
        vm.prank(GUARDIAN);
        _refuse(IGridVault.NoProposal.selector);
        vault.veto(batch.period);
        _propose(batch, cert);
        vm.warp(vm.getBlockTimestamp() + _bound(wait, 0, WINDOW + TTL));
        vm.prank(GUARDIAN);
        vault.veto(batch.period);
        _assertRefusedForEver(batch, cert);
    }

    function testFuzz_provenFraudIsForEver(uint256 wait, uint8 kind, bytes calldata junk) external {
        Batch memory batch = _emptyBatch();
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 3);
        IDisputes.Fraud fraud = IDisputes.Fraud(kind % 4);
        bytes memory proof = abi.encodePacked(uint8(fraud), batch.period.head);
        _refuse(IGridVault.NoProposal.selector);
        vault.challenge(batch.period, fraud, proof);
        _propose(batch, cert);
        vm.assume(junk.length != 33);
        _refuse(IDisputes.ProofInvalid.selector);
        vault.challenge(batch.period, fraud, junk);
        _refuse(IDisputes.NoFraud.selector);
        vault.challenge(batch.period, IDisputes.Fraud(((kind % 4) + 1) % 4), proof);
        vm.warp(vm.getBlockTimestamp() + _bound(wait, 0, WINDOW - 1));
        bytes32 signed = vault.digest(batch.period);
        vm.expectEmit();
        emit IGridVault.FraudProven(FIRST_PERIOD, signed, fraud, address(this));
        vault.challenge(batch.period, fraud, proof);
        _assertRefusedForEver(batch, cert);
    }

    function test_noChallengeAfterTheWindow() external {
        Batch memory batch = _emptyBatch();
        _propose(batch);
        vm.warp(block.timestamp + WINDOW);
        _refuse(IGridVault.WindowClosed.selector);
        vault.challenge(batch.period, IDisputes.Fraud.Order, "");
    }

    function test_aStreetWithoutAJudge() external {
        disputes = IDisputes(address(0));
        vault = _newVault(_config());
        _assignOffices();
        for (uint256 home; home < 4; ++home) _register(home);
        _setValidators(SET_SINCE, _voters(0, 4));
        Batch memory batch = _emptyBatch();
        _propose(batch);
        _refuse(IGridVault.NoDisputes.selector);
        vault.challenge(batch.period, IDisputes.Fraud.Order, "");
    }

    function testFuzz_aPermitPaysForTheOwnersHomesAlone(uint256 home, uint256 ticks, bool isSeen) external {
        home = _bound(home, 0, HOMES - 1);
        uint256 amount = TICK * _bound(ticks, 1, 1e6);
        (uint8 v, bytes32 r, bytes32 s) = _permit(home, amount);
        address owner = _owner(home);
        _refuse(IRegistry.NotOwner.selector);
        vault.depositWithPermit(uint32((home + 1) % HOMES), owner, amount, type(uint256).max, v, r, s);
        // Somebody carries it to the token before.
        if (isSeen) token.permit(owner, address(vault), amount, type(uint256).max, v, r, s);
        vault.depositWithPermit(uint32(home), owner, amount, type(uint256).max, v, r, s);
        vm.assertEq(vault.balanceOf(uint32(home)), 1_000 + amount / TICK, "balance");
        vm.assertEq(token.balanceOf(owner), 0, "paid");
        (bool isTaken, ) = address(vault).call(
            abi.encodeCall(IEscrow.depositWithPermit, (uint32(home), owner, amount, type(uint256).max, v, r, s))
        );
        vm.assertTrue(!isTaken, "twice");
    }

    function testFuzz_aRequestIsCarriedOnce(uint256 asked, uint256 fee, uint256 wait, uint256 key) external {
        uint64 ticks = uint64(_bound(asked, 1, 1_000));
        uint64 feeTicks = uint64(_bound(fee, 0, ticks));
        uint256 deadline = vm.getBlockTimestamp() + 100;
        key = _bound(key, 1, 1e18);
        bytes32 signed = _typed(_withdrawHash(3, PURSE, ticks, feeTicks, 0, deadline));
        bytes memory right = _signature(_ownerKey(3), signed);
        _refuse(IRegistry.BadSignature.selector);
        _carry(PURSE, ticks, feeTicks, deadline, _signature(key, signed));
        _refuse(IRegistry.BadSignature.selector);
        _carry(PURSE, ticks, feeTicks, deadline + 1, right);
        _refuse(IRegistry.BadSignature.selector);
        _carry(RELAYER, ticks, feeTicks, deadline, right);
        vm.warp(deadline + 1);
        _refuse(abi.encodeWithSelector(IEscrow.Expired.selector, deadline));
        _carry(PURSE, ticks, feeTicks, deadline, right);
        vm.warp(deadline - _bound(wait, 0, 100));
        _carry(PURSE, ticks, feeTicks, deadline, right);
        _refuse(IRegistry.BadSignature.selector);
        _carry(PURSE, ticks, feeTicks, deadline, right);
        vm.assertEq(vault.nonces(3), 1, "nonce");
        vm.warp(vm.getBlockTimestamp() + ESCAPE);
        vault.finalizeWithdraw(3);
        vm.assertEq(token.balanceOf(PURSE), (ticks - feeTicks) * TICK, "paid");
        vm.assertEq(token.balanceOf(RELAYER), feeTicks * TICK, "fee");
        _assertSolvent();
    }

    function testFuzz_aFeeIsAPartOfTheRequest(uint64 fee) external {
        fee = uint64(_bound(fee, 11, type(uint64).max));
        bytes memory signature = _signature(_ownerKey(3), _typed(_withdrawHash(3, PURSE, 10, fee, 0, type(uint256).max)));
        _refuse(abi.encodeWithSelector(IEscrow.FeeTooHigh.selector, fee, 10));
        vault.requestWithdrawFor(3, PURSE, 10, fee, type(uint256).max, signature);
    }

    /// @dev Owner and quorum together; for the next period and until the deadline only; never what was asked for already.
    function testFuzz_withdrawNow(uint256 asked, uint256 pending, uint256 signers, uint256 late) external {
        _settle(_emptyBatch());
        pending = _bound(pending, 0, 1_000);
        if (pending > 0) _request(3, PURSE, pending);
        uint64 ticks = uint64(_bound(asked, 1, 1_500));
        uint256 deadline = block.timestamp + 60;
        bytes32 signed = _typed(_withdrawNowHash(3, PURSE, ticks, 0, FIRST_PERIOD + 1, deadline));
        bytes memory signature = _signature(_ownerKey(3), signed);
        signers = _bound(signers, 0, 4);
        bytes memory cert = _certificate(signed, 0, signers);
        bytes memory refusal;
        if (ticks > 1_000 - pending) {
            refusal = abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, 1_000 - pending, uint256(ticks));
        }
        if (signers < 3) refusal = abi.encodeWithSelector(IRegistry.QuorumNotReached.selector, signers, 3);
        late = _bound(late, 0, 120);
        vm.warp(block.timestamp + late);
        if (late > 60) refusal = abi.encodeWithSelector(IEscrow.Expired.selector, deadline);
        if (refusal.length > 0) _refuse(refusal);
        _withdrawNow(ticks, deadline, signature, cert);
        if (refusal.length > 0) return;
        vm.assertEq(token.balanceOf(PURSE), ticks * TICK, "paid");
        vm.assertEq(vault.balanceOf(3), 1_000 - ticks, "rest");
        _refuse(IRegistry.BadSignature.selector);
        _withdrawNow(ticks, deadline, signature, cert);
        _assertSolvent();
    }

    function test_withdrawNowWaitsForNothingOpen() external {
        _settle(_emptyBatch());
        bytes32 signed = _typed(_withdrawNowHash(3, PURSE, 10, 0, FIRST_PERIOD + 1, DEADLINE));
        bytes memory cert = _certificate(signed, 0, 3);
        _refuse(abi.encodeWithSelector(IGridVault.WrongPeriod.selector, FIRST_PERIOD + 1, FIRST_PERIOD));
        vault.withdrawNow(3, PURSE, 10, FIRST_PERIOD, DEADLINE, "", cert);
        _refuse(IRegistry.BadSignature.selector);
        vault.withdrawNow(3, PURSE, 10, FIRST_PERIOD + 1, DEADLINE, "", cert);
        Batch memory batch = _emptyBatch();
        _propose(batch);
        vm.prank(_owner(3));
        _refuse(IGridVault.ProposalOpen.selector);
        vault.withdrawNow(3, PURSE, 10, FIRST_PERIOD + 1, DEADLINE, "", cert);
        vm.prank(GUARDIAN);
        vault.veto(batch.period);
        vm.prank(_owner(3));
        vault.withdrawNow(3, PURSE, 10, FIRST_PERIOD + 1, DEADLINE, "", cert);
        vm.assertEq(token.balanceOf(PURSE), 10 * TICK, "paid to the owner that came itself");
    }

    function _carry(address to, uint64 ticks, uint64 feeTicks, uint256 deadline, bytes memory signature) private {
        vm.prank(RELAYER);
        vault.requestWithdrawFor(3, to, ticks, feeTicks, deadline, signature);
    }

    function _withdrawNow(uint64 ticks, uint256 deadline, bytes memory signature, bytes memory cert) private {
        vault.withdrawNow(3, PURSE, ticks, FIRST_PERIOD + 1, deadline, signature, cert);
    }

    function _pause(uint256 duration, bytes memory refusal) private {
        vm.prank(GUARDIAN);
        if (refusal.length > 0) _refuse(refusal);
        vault.pause(duration);
    }

    function _assertRefusedForEver(Batch memory batch, bytes memory cert) private {
        vm.assertEq(vault.status().proposal, 0, "nothing open");
        vm.assertEq(vault.status().link, FIRST_LINK, "the link is put back");
        _refuse(IGridVault.ProposalRefused.selector);
        _propose(batch, cert);
        Batch memory other = _emptyBatch();
        other.period.dataHash = bytes32(uint256(1));
        _settle(other);
    }
}
