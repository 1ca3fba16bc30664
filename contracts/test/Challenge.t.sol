// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {Court} from "./Court.sol";
import {Market} from "./Market.sol";
import {Reference} from "./Reference.sol";

/// @title Proofs of every kind against a period that is proposed, through the vault and before the real judge
contract ChallengeTest is Court {
    function setUp() external {
        _openCourt();
        for (uint256 home; home < 8; ++home) _deposit(home, 1e8);
        _depositWide(0, 1e9);
    }

    /// @dev A lie of each kind.
    function _lied(uint256 kind) private view returns (Market.Bound memory bound) {
        bound = _honest();
        if (kind == 0) bound.moments[RESULTS - 1].accounts[0].carriedTicks += 1;
        if (kind == 1) bound.moments[TRADED].fills[0].energy += 1;
        if (kind == 2) bound.moments[TRADED].homes[0].bought += 1;
        if (kind == 3) bound.moments[SETTLED].accounts[0].bought += 1;
        _rebind(bound);
    }

    function _proofOf(Market.Bound memory bound, uint256 kind) private pure returns (bytes memory) {
        if (kind == 0) return abi.encode(_accountProof(bound, 1));
        if (kind == 1) return abi.encode(_orderProof(bound, TRADED, 0));
        if (kind == 2) return abi.encode(_fillsProof(bound, TRADED, 1, 0, 2));
        return abi.encode(_stepProof(bound, SETTLED, 1));
    }

    /// @dev Until its window is over, and never again.
    /// forge-config: default.fuzz.runs = 16
    function testFuzz_aLieIsDropped(uint256 kind, uint256 wait) external {
        kind %= 4;
        Market.Bound memory bound = _lied(kind);
        Batch memory batch = _proposed(bound);
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 3);
        _propose(batch, cert);
        vm.warp(vm.getBlockTimestamp() + _bound(wait, 0, WINDOW - 1));
        bytes32 signed = vault.digest(batch.period);
        vm.expectEmit();
        emit IGridVault.FraudProven(FIRST_PERIOD, signed, IDisputes.Fraud(kind), STRANGER);
        vm.prank(STRANGER);
        vault.challenge(batch.period, IDisputes.Fraud(kind), _proofOf(bound, kind));
        vm.assertEq(vault.status().proposal, 0, "dropped");
        _refuse(IGridVault.ProposalRefused.selector);
        _propose(batch, cert);
        _settle(_proposed(_honest()));
    }

    function test_theTruthIsSettled() external {
        Market.Bound memory bound = _honest();
        Batch memory batch = _proposed(bound);
        _propose(batch);
        for (uint256 kind; kind < 4; ++kind) {
            _refuse(IDisputes.NoFraud.selector);
            vault.challenge(batch.period, IDisputes.Fraud(kind), _proofOf(bound, kind));
            _refuse(IDisputes.ProofInvalid.selector);
            vault.challenge(batch.period, IDisputes.Fraud(kind), _proofOf(_lied(kind), kind));
        }
        vm.warp(vm.getBlockTimestamp() + WINDOW);
        _finalize(batch);
        vm.assertEq(vault.balanceOf(1), uint256(1e8 + Reference.changeOf(bound.vector, 1)), "settled");
    }

    function test_noLieIsDroppedAfterItsWindow() external {
        for (uint256 kind; kind < 4; ++kind) {
            Market.Bound memory bound = _lied(kind);
            Batch memory batch = _proposed(bound);
            _propose(batch);
            vm.warp(vm.getBlockTimestamp() + WINDOW);
            _refuse(IGridVault.WindowClosed.selector);
            vault.challenge(batch.period, IDisputes.Fraud(kind), _proofOf(bound, kind));
            vm.prank(GUARDIAN);
            vault.veto(batch.period);
        }
    }

    /// @dev A proof is of the period that is open, word for word.
    function test_onlyTheOpenPeriodIsChallenged() external {
        Market.Bound memory bound = _lied(3);
        Batch memory batch = _proposed(bound);
        _refuse(IGridVault.NoProposal.selector);
        vault.challenge(batch.period, IDisputes.Fraud.LedgerStep, _proofOf(bound, 3));
        _propose(batch);
        ++batch.period.coversUntil;
        _refuse(IGridVault.ProposalMismatch.selector);
        vault.challenge(batch.period, IDisputes.Fraud.LedgerStep, _proofOf(bound, 3));
    }
}
