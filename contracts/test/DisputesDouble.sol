// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IGridVault} from "../src/IGridVault.sol";

/// @title Takes any proof that names the kind of fraud and the period's head
/// @notice For tests of what the vault does with an answer; it proves nothing.
contract DisputesDouble {
    /// @notice As IDisputes has it.
    function prove(IGridVault.Period calldata p, IDisputes.Fraud kind, bytes calldata proof) external pure {
        if (proof.length != 33) revert IDisputes.ProofInvalid();
        if (bytes32(proof[1:]) != p.head || uint8(proof[0]) != uint8(kind)) revert IDisputes.NoFraud();
    }
}
