// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IGridVault} from "../src/IGridVault.sol";

/// @title All that a vault shows, without its code
/// @notice Tests know vaults by this, so that the compiler makes the vault once, as it makes the one that is deployed, and the tests
/// in a fraction of that time.
interface IVault is IGridVault {
    function MAX_TICKS() external view returns (uint256);
    function MAX_DEPOSITED() external view returns (uint256);
    function MAX_HOMES() external view returns (uint256);
}

/// @title The same of TestCurrency
interface ICurrency is IERC20, IERC20Permit {
    error NotMinter();

    function mint(address to, uint256 amount) external;
    function decimals() external view returns (uint8);
}

/// @title The same of LanesAndDeltas
interface ILanes {
    function fill(uint256[3] calldata balances) external;
    function words(uint256 index) external view returns (uint256);
    function change(bytes calldata changes) external returns (uint256);
    function nextBad(uint256 index) external view returns (uint256);
    function before(uint256 balances, uint256 changes) external view returns (uint256);
    function changeAt(uint256 changes, uint256 index) external view returns (int256);
    function sum(bytes calldata changes) external view returns (int256);
    function word(bytes calldata changes, uint256 index) external view returns (uint256);
    function set(uint256 balances, uint256 index, uint256 balance) external view returns (uint256);
    function balanceAt(uint256 balances, uint256 index) external view returns (uint256);
    function isUnchangedFrom(uint256 changes, uint256 used) external view returns (bool);
    function sumVector(bytes calldata vector, uint256 homes) external view returns (int256);
    function sumWide(bytes calldata wide) external view returns (int256, uint256);
}
