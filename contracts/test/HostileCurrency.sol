// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A currency that misbehaves
/// @notice For tests only: keeps a fee of each transfer, refuses to pay somebody, or calls into another contract in the middle of one.
contract HostileCurrency is ERC20 {
    /// @notice Millionths that vanish with each transfer.
    uint256 public fee;
    /// @notice Whom it pays nothing.
    address public unpaid;
    /// @notice Called during each transfer.
    address public target;
    /// @notice What `target` is called with.
    bytes public call;

    constructor() ERC20("Hostile currency", "HOSTILE") {
        _mint(msg.sender, 1e15);
    }

    /// @notice How to misbehave from now on.
    function misbehave(uint256 fee_, address target_, bytes calldata call_) external {
        fee = fee_;
        target = target_;
        call = call_;
    }

    /// @notice Whom to pay nothing from now on.
    function refuse(address unpaid_) external {
        unpaid = unpaid_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (to == unpaid && to != address(0)) revert ERC20InvalidReceiver(to);
        super._update(from, to, value);
        if (from == address(0) || to == address(0)) return;
        if (fee != 0) _burn(to, fee);
        if (target == address(0)) return;
        (bool success, bytes memory answer) = target.call(call);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
