// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Money that is worth nothing
/// @notice For demonstration streets and tests only: whoever deployed it makes as much of it as wanted.
contract TestCurrency is ERC20, ERC20Permit {
    /// @notice Only the deployer mints.
    error NotMinter();

    /// @notice Who may mint.
    address public immutable minter;

    constructor() ERC20("Commonwatt test currency", "TEST") ERC20Permit("Commonwatt test currency") {
        minter = msg.sender;
    }

    /// @notice Makes `amount` millionths for `to`.
    /// @param to Who gets it.
    /// @param amount In millionths of the currency.
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter();
        _mint(to, amount);
    }

    /// @notice Six decimals: one token unit is one micro-currency.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
