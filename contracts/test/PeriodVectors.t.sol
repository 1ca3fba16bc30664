// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "../src/IGridVault.sol";
import {ICurrency, IVault} from "./IVault.sol";
import {Street} from "./Street.sol";
import {VectorFile} from "./VectorFile.sol";

/// @title The vault's digests are those of test/vectors/period-eip712.json, which ethers made and the engine reads too
contract PeriodVectorsTest is Street, VectorFile {
    /// @dev Whose first contract the vectors' vault is.
    address private constant DEPLOYER = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
    uint256 private constant CASES = 4;

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
            vm.assertEq(vault.digest(_period(string.concat(_case(index), ".message"))), vm.parseJsonBytes32(_json, string.concat(_case(index), ".digest")), "digest");
        }
        vm.assertEq(index, CASES, "cases");
    }
}
