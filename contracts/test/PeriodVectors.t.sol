// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "../src/IGridVault.sol";
import {ICurrency, IVault} from "./IVault.sol";
import {Street} from "./Street.sol";

/// @title The vault's digests are those of test/vectors/period-eip712.json, which ethers made and the engine reads too
contract PeriodVectorsTest is Street {
    /// @dev Whose first contract the vectors' vault is.
    address private constant DEPLOYER = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
    uint256 private constant CASES = 4;

    string private _json;

    function setUp() external {
        _json = vm.readFile("test/vectors/period-eip712.json");
        vm.chainId(vm.parseJsonUint(_json, "$.domain.chainId"));
        token = ICurrency(vm.deployCode("TestCurrency.sol:TestCurrency"));
        _openOffices();
        IGridVault.Config memory config = _config();
        vm.prank(DEPLOYER);
        vault = _newVault(config);
    }

    function test_theVectorsVaultIsThisOne() external view {
        vm.assertEq(address(vault), vm.parseJsonAddress(_json, "$.domain.verifyingContract"), "address");
    }

    function test_everyDigest() external view {
        uint256 index;
        for (; vm.keyExistsJson(_json, _case(index)); ++index) {
            vm.assertEq(vault.digest(_period(_case(index))), vm.parseJsonBytes32(_json, string.concat(_case(index), ".digest")), "digest");
        }
        vm.assertEq(index, CASES, "cases");
    }

    function _case(uint256 index) private pure returns (string memory) {
        return string.concat("$.cases[", vm.toString(index), "]");
    }

    function _period(string memory path) private view returns (IGridVault.Period memory) {
        return
            IGridVault.Period({
                period: _number(path, "period"),
                fromInterval: _number(path, "fromInterval"),
                toInterval: _number(path, "toInterval"),
                coversUntil: _number(path, "coversUntil"),
                prevPeriod: _word(path, "prevPeriod"),
                head: _word(path, "head"),
                accountsRoot: _word(path, "accountsRoot"),
                vectorHash: _word(path, "vectorHash"),
                wideHash: _word(path, "wideHash"),
                dataHash: _word(path, "dataHash")
            });
    }

    function _number(string memory path, string memory field) private view returns (uint64) {
        return uint64(vm.parseJsonUint(_json, string.concat(path, ".message.", field)));
    }

    function _word(string memory path, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, string.concat(path, ".message.", field));
    }
}
