// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "./IGridVault.sol";

interface IDisputes {
    enum Fraud { Account, Order, DoubleFill, LedgerStep }
    error NoFraud();
    error ProofInvalid();
    function prove(IGridVault.Period calldata p, Fraud kind, bytes calldata proof) external view;
}
