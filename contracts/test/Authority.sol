// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title OpenZeppelin's AccessManager as it is
/// @notice Named here so that forge compiles it for the tests.
contract Authority is AccessManager {
    constructor(address admin) AccessManager(admin) {}
}
