// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {VectorFile} from "./VectorFile.sol";

/// @title The proofs of test/vectors/disputes.json, which the engine writes and judges too
contract DisputeVectorsTest is VectorFile {
    uint256 private constant CASES = 17;

    IDisputes private _disputes;

    function setUp() external {
        _json = vm.readFile("test/vectors/disputes.json");
        _disputes = IDisputes(vm.deployCode("Disputes.sol:Disputes", abi.encode(vm.parseJsonBytes32(_json, "$.rulesHash"), address(0))));
    }

    function test_everyFinding() external view {
        uint256[3] memory findings;
        uint256 index;
        for (; vm.keyExistsJson(_json, _case(index)); ++index) ++findings[uint256(this.judgeCase(index))];
        vm.assertEq(index, CASES, "cases");
        vm.assertEq(findings[0], 7, "frauds");
        vm.assertEq(findings[1], 3, "truths");
    }

    enum Finding {
        Fraud,
        NoFraud,
        Invalid
    }

    /// @dev Also with each word of the proof's results another: then it opens nothing.
    function judgeCase(uint256 index) external view returns (Finding finding) {
        string memory path = _case(index);
        string memory wanted = vm.parseJsonString(_json, string.concat(path, ".finding"));
        if (_isSame(wanted, "no-fraud")) finding = Finding.NoFraud;
        else if (_isSame(wanted, "invalid")) finding = Finding.Invalid;
        else vm.assertTrue(_isSame(wanted, "fraud"), "a finding");
        IGridVault.Period memory period = _period(string.concat(path, ".period"));
        IDisputes.Fraud kind = IDisputes.Fraud(vm.parseJsonUint(_json, string.concat(path, ".kind")));
        bytes memory proof = vm.parseJsonBytes(_json, string.concat(path, ".proof"));
        vm.assertEq(_said(period, kind, proof), _answer(finding), vm.parseJsonString(_json, string.concat(path, ".what")));
        // A struct at word 1, of whose first list the place is told in its first word: there its length, and eight words of a result.
        uint256 results = 2 + uint256(_wordOf(proof, 1)) / 32;
        for (uint256 word; word < 8; ++word) {
            _flip(proof, results + word);
            vm.assertEq(_said(period, kind, proof), _answer(Finding.Invalid), "another result");
            _flip(proof, results + word);
        }
    }

    function _said(IGridVault.Period memory period, IDisputes.Fraud kind, bytes memory proof) private view returns (bytes memory) {
        try _disputes.prove(period, kind, proof) {
            return "";
        } catch (bytes memory refusal) {
            return refusal;
        }
    }

    function _answer(Finding finding) private pure returns (bytes memory) {
        if (finding == Finding.Fraud) return "";
        return abi.encodeWithSelector(finding == Finding.NoFraud ? IDisputes.NoFraud.selector : IDisputes.ProofInvalid.selector);
    }

    function _wordOf(bytes memory all, uint256 word) private pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(add(add(all, 32), mul(32, word)))
        }
    }

    function _flip(bytes memory all, uint256 word) private pure {
        all[32 * word + 31] ^= 0x01;
    }

    function _isSame(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }
}
