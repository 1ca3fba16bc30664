// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "../src/IGridVault.sol";
import {Test} from "./Vm.sol";

/// @title Cases of a file that the engine reads too
abstract contract VectorFile is Test {
    string internal _json;

    function _case(uint256 index) internal pure returns (string memory) {
        return string.concat("$.cases[", vm.toString(index), "]");
    }

    /// @dev The period whose fields stand at this path.
    function _period(string memory path) internal view returns (IGridVault.Period memory) {
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
        return uint64(vm.parseJsonUint(_json, string.concat(path, ".", field)));
    }

    function _word(string memory path, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, string.concat(path, ".", field));
    }
}
