// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {ILanes} from "./IVault.sol";
import {Reference} from "./Reference.sol";
import {Test} from "./Vm.sol";

/// @title Deltas against a loop over homes and accounts
contract DeltasTest is Test {
    ILanes private _lanes;

    function setUp() external {
        _lanes = ILanes(vm.deployCode("LanesAndDeltas.sol:LanesAndDeltas"));
    }

    /// @dev Bytes of every length up to five words, often with an empty end, against registries of every size near it.
    function testFuzz_vectorsFitOrAreRefused(uint256 seed, uint256 length, uint256 homes, uint256 emptied) external {
        length = seed % 4 == 0 ? _bound(length, 0, 160) : 32 * _bound(length, 0, 5);
        homes = _bound(homes, 0, 48);
        bytes memory vector = new bytes(length);
        for (uint256 i; i < length; ++i) vector[i] = bytes1(uint8(_draw(seed, i)));
        // Most have nothing behind the last home.
        uint256 from = seed % 8 < 5 ? 4 * homes : 4 * _bound(emptied, 0, 48);
        for (uint256 i = from; i < length; ++i) vector[i] = 0;
        _compareVector(vector, homes);
    }

    function test_everyRegistryUpTo24Homes() external {
        for (uint256 homes; homes <= 24; ++homes) {
            for (uint256 last; last < 24; ++last) {
                int256[] memory changes = new int256[](last + 1);
                changes[last] = -5;
                _compareVector(Reference.vector(changes), homes);
            }
            for (uint256 words; words < 4; ++words) _compareVector(new bytes(32 * words), homes);
        }
    }

    function testFuzz_wideIsALoopOverAccounts(uint256 seed, uint256 count) external {
        count = _bound(count, 0, 9);
        uint8[] memory ids = new uint8[](count);
        int64[] memory changes = new int64[](count);
        uint256 next;
        for (uint256 i; i < count; ++i) {
            uint256 pick = _draw(seed, i);
            // Mostly rising, so that most are taken.
            ids[i] = pick % 16 == 0 ? uint8(pick >> 8) % 10 : uint8(next);
            next = uint256(ids[i]) + 1 + (pick >> 16) % 2;
            int64[3] memory edges = [int64(uint64(pick >> 64)), type(int64).max, type(int64).min];
            changes[i] = edges[(pick >> 32) % 3];
        }
        _compareWide(ids, changes);
    }

    function testFuzz_wideOfPartsOfEntriesIsRefused(bytes calldata wide) external {
        vm.assume(wide.length % 9 != 0);
        vm.expectRevert(abi.encodeWithSelector(IGridVault.BadVector.selector));
        _lanes.sumWide(wide);
    }

    /// @dev What a wide change is read as is what was written.
    function testFuzz_wideEntry(uint8 id, int64 change) external view {
        id %= 8;
        (int256 sum, uint256 falling) = _lanes.sumWide(Reference.wide(id, change));
        vm.assertEq(sum, change, "change");
        vm.assertEq(falling, change < 0 ? 2 ** id : 0, "falling");
    }

    function _compareVector(bytes memory vector, uint256 homes) private {
        if (!Reference.fits(vector, homes)) {
            vm.expectRevert(abi.encodeWithSelector(IGridVault.BadVector.selector));
            _lanes.sumVector(vector, homes);
            return;
        }
        vm.assertEq(_lanes.sumVector(vector, homes), Reference.sum(vector), "sum");
    }

    function _compareWide(uint8[] memory ids, int64[] memory changes) private {
        int256 expected;
        uint256 falling;
        int256 last = -1;
        bytes memory refusal;
        for (uint256 i; i < ids.length && refusal.length == 0; ++i) {
            if (ids[i] > 7) refusal = abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(ids[i]));
            else if (int256(uint256(ids[i])) <= last) refusal = abi.encodeWithSelector(IGridVault.BadVector.selector);
            last = int256(uint256(ids[i]));
            expected += changes[i];
            if (changes[i] < 0) falling += 2 ** ids[i];
        }
        bytes memory wide = Reference.wide(ids, changes);
        if (refusal.length > 0) {
            vm.expectRevert(refusal);
            _lanes.sumWide(wide);
            return;
        }
        (int256 sum, uint256 marks) = _lanes.sumWide(wide);
        vm.assertEq(sum, expected, "sum");
        vm.assertEq(marks, falling, "falling");
    }
}
