// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Street} from "./Street.sol";

/// @title All that PasskeyOwners shows
interface IPasskeys {
    event PasskeyOwnerMade(address indexed owner, bytes32 x, bytes32 y);
    error BadKey(bytes32 x, bytes32 y);

    function make(bytes32 x, bytes32 y) external returns (address owner);
    function ownerOf(bytes32 x, bytes32 y) external view returns (address);
}

/// @title Owners that are passkeys: real P-256 signatures in real WebAuthn assertions
contract PasskeysTest is Street {
    uint256 private constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    bytes private constant BEFORE = '{"type":"webauthn.get","challenge":"';
    /// @dev User present, user verified.
    bytes1 private constant FLAGS = 0x05;

    IPasskeys private _passkeys;

    function setUp() external {
        _passkeys = IPasskeys(vm.deployCode("PasskeyOwners.sol:PasskeyOwners"));
    }

    function testFuzz_hasItsAddressBeforeItIsMade(uint256 key) external {
        (bytes32 x, bytes32 y) = _publicKey(_bound(key, 1, ORDER - 2));
        address owner = _passkeys.ownerOf(x, y);
        vm.assertEq(owner.code.length, 0, "not there yet");
        vm.expectEmit();
        emit IPasskeys.PasskeyOwnerMade(owner, x, y);
        vm.assertEq(_passkeys.make(x, y), owner, "there");
        vm.assertTrue(owner.code.length > 0, "made");
        vm.assertEq(_passkeys.make(x, y), owner, "there already");
    }

    function testFuzz_saysWhetherItsKeySigned(uint256 key, bytes32 signed, bytes32 other, bytes calldata junk) external {
        key = _bound(key, 1, ORDER - 2);
        vm.assume(other != signed);
        (bytes32 x, bytes32 y) = _publicKey(key);
        IERC1271 owner = IERC1271(_passkeys.make(x, y));
        vm.assertTrue(_isSigned(owner, signed, _assertion(key, signed, FLAGS)), "its own");
        vm.assertTrue(!_isSigned(owner, other, _assertion(key, signed, FLAGS)), "over another digest");
        vm.assertTrue(!_isSigned(owner, signed, _assertion(key + 1, signed, FLAGS)), "by another key");
        vm.assertTrue(!_isSigned(owner, signed, _assertion(key, signed, 0x01)), "by nobody verified");
        vm.assertTrue(!_isSigned(owner, signed, junk), "junk");
    }

    function testFuzz_isAPointOfTheCurve(bytes32 x) external {
        _refuse(abi.encodeWithSelector(IPasskeys.BadKey.selector, x, bytes32(0)));
        _passkeys.make(x, 0);
    }

    /// @dev A home whose owner is a passkey leaves by what the passkey signed.
    function test_ownsAHome() external {
        _open(4, 4);
        (bytes32 x, bytes32 y) = _publicKey(7);
        address owner = _passkeys.make(x, y);
        vm.prank(REGISTRAR);
        vault.register(owner, _agent(50), 0, 0);
        bytes32 signed = _typed(keccak256(abi.encode(keccak256("Leave(uint32 home,uint48 until)"), 4, 20)));
        vault.leaveStreetFor(4, 20, _assertion(7, signed, FLAGS));
        vm.assertEq(vault.home(4).until, 20, "until");
    }

    function _isSigned(IERC1271 owner, bytes32 signed, bytes memory assertion) private view returns (bool) {
        return owner.isValidSignature(signed, assertion) == IERC1271.isValidSignature.selector;
    }

    function _publicKey(uint256 key) private pure returns (bytes32, bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return (bytes32(x), bytes32(y));
    }

    /// @dev What an authenticator answers: r, s, where challenge and type begin, its own data, and what the browser signed.
    function _assertion(uint256 key, bytes32 signed, bytes1 flags) private pure returns (bytes memory) {
        bytes memory client = bytes.concat(BEFORE, bytes(Base64.encodeURL(abi.encodePacked(signed))), '","origin":"https://street"}');
        bytes memory data = abi.encodePacked(sha256("street"), flags, uint32(1));
        (bytes32 r, bytes32 s) = vm.signP256(key, sha256(abi.encodePacked(data, sha256(client))));
        if (uint256(s) > ORDER / 2) s = bytes32(ORDER - uint256(s));
        return abi.encode(r, s, uint256(23), uint256(1), data, string(client));
    }
}
