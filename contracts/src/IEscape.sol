// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "./IGridVault.sol";

/// @title A vault that says after what time a withdrawal is paid whatever happens.
interface IEscape is IGridVault {
    /// @notice Seconds after which a withdrawal is paid even if nobody settles any more.
    function escapeDelay() external view returns (uint64);
}
