// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How money comes into a street's vault, and out of it
/// @notice Money inside is counted in ticks; one tick is 100 millionths of the currency. It goes out of accounts: a home's number is
/// its id, a wide account's is 2^32 - 8 and its id. What is a home's, its owner may have; what is in a wide account, its payee.
interface IEscrow {
    /// @notice Money asked for and not yet paid out.
    struct Withdrawal {
        address to;
        /// @notice Unix seconds.
        uint40 requestedAt;
        /// @notice The fee included.
        uint56 ticks;
        /// @notice Who carried the request and gets `feeTicks` of it when it is paid; 0 when the owner came itself.
        address relayer;
        uint56 feeTicks;
    }

    /// @notice A home's money, in ticks.
    struct Balance {
        /// @notice Its escrow.
        uint32 ticks;
        /// @notice What of it a withdrawal has asked for.
        uint32 requested;
        /// @notice What it owes the residual supplier: what its escrow lacked when periods were settled, and isn't paid back yet.
        uint64 debt;
    }

    /// @notice The wide account would rise above 2^128 - 1 ticks.
    error WideOverflow(uint8 id);
    /// @notice An amount must be more than 0.
    error ZeroAmount();
    /// @notice Amounts are whole ticks: multiples of 100 millionths.
    error NotTickAligned();
    /// @notice The token handed over `got` instead of `expected`; tokens that charge for transfers can't be used.
    error TransferMismatch(uint256 expected, uint256 got);
    /// @notice Money can't go to nobody or back into the vault.
    error BadRecipient();
    /// @notice The account's earlier withdrawal isn't paid yet.
    error WithdrawalPending();
    /// @notice Nothing of the account is asked for.
    error NoWithdrawal();
    /// @notice Neither has everything up to the request been settled, nor has the escape delay passed.
    error WithdrawalLocked();
    /// @notice The account holds `have` ticks beyond what it owes, or one withdrawal pays no more, and `want` were asked for.
    error InsufficientBalance(uint256 have, uint256 want);
    /// @notice The fee is a part of what is asked for, and can't be more.
    error FeeTooHigh(uint256 feeTicks, uint256 ticks);
    /// @notice What was signed was good until `deadline`.
    error Expired(uint256 deadline);
    /// @notice The open proposal takes from wide account `id`, or may, as the supplier's bears what homes lack: nothing of it is paid before
    /// that is settled or dropped.
    error WideNeeded(uint8 id);

    /// @notice Escrow of home `id` grew.
    event Deposited(uint32 indexed id, address indexed from, uint256 ticks);
    /// @notice Escrow of wide account `id` grew.
    event WideDeposited(uint8 indexed id, address indexed from, uint256 ticks);
    /// @notice Home `id` had `ticks` less than a period took from it. The supplier's account bore them, and the home owes them.
    event DebtIncurred(uint32 indexed id, uint256 ticks);
    /// @notice `ticks` of what home `id` owes went from its escrow to the supplier's account.
    event DebtRepaid(uint32 indexed id, uint256 ticks);
    /// @notice Wide account `id` belongs to `payee`, as far as nobody else has a claim settled.
    event PayeeNamed(uint8 indexed id, address indexed payee);
    /// @notice The owner of account `id` wants its money; it counts as spent from now on.
    event WithdrawalRequested(uint32 indexed id, address indexed to, uint256 ticks);
    /// @notice What is asked for of account `id` goes to `to` instead.
    event WithdrawalRedirected(uint32 indexed id, address indexed to);
    /// @notice `ticks` of account `id` left the vault.
    event WithdrawalFinalized(uint32 indexed id, address indexed to, uint256 ticks);
    /// @notice `ticks` of a withdrawal of account `id` went to who carried its request.
    event FeePaid(uint32 indexed id, address indexed to, uint256 ticks);

    /// @notice Escrows the caller's money for a home; anybody may. What the home owes is paid from it.
    /// @param id The home.
    /// @param amount In millionths; whole ticks.
    function deposit(uint32 id, uint256 amount) external;

    /// @notice Escrows an owner's money for its home without its having any coin: anyone may carry what it signed for the token
    /// (ERC-2612), with this vault as spender. If it was carried to the token before, the allowance counts.
    /// @param id A home whose owner is `from`.
    /// @param from Who pays.
    /// @param amount In millionths; whole ticks.
    /// @param deadline Of the permit, in Unix seconds.
    /// @param v Of the permit's signature.
    /// @param r Of the permit's signature.
    /// @param s Of the permit's signature.
    function depositWithPermit(
        uint32 id,
        address from,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Escrows the caller's money for a wide account; anybody may.
    /// @param id 0 is the residual supplier; 0 to 7 exist.
    /// @param amount In millionths; whole ticks.
    function depositWide(uint8 id, uint256 amount) external;

    /// @notice Pays a home's debt back to the supplier's account, as far as its escrow has it. Anyone may. Deposits and withdrawals do so by
    /// themselves; what a home has earned waits for this.
    /// @param id The home.
    function repay(uint32 id) external;

    /// @notice Says who may have what is in a wide account. While nobody is named, the governor, after the delay that the authority asks
    /// of it; from then on only who is named, for another in its place. So nobody can be robbed of it by an office.
    /// @param id The account.
    /// @param payee_ Who may; a contract that can't call this has it for ever.
    function setPayee(uint8 id, address payee_) external;

    /// @notice First step: the owner asks for money. From now on validators treat it as spent.
    /// @param id The account.
    /// @param to Who gets the money.
    /// @param ticks How much; of a wide account at most 2^56 - 1 at once.
    function requestWithdraw(uint32 id, address to, uint64 ticks) external;

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `Withdraw`, with the account's next nonce),
    /// and gets the fee when the withdrawal is paid.
    /// @param id The account.
    /// @param to Who gets the money.
    /// @param ticks How much, the fee included.
    /// @param feeTicks What of it the caller gets.
    /// @param deadline Unix seconds after which it is worth nothing.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    function requestWithdrawFor(
        uint32 id,
        address to,
        uint64 ticks,
        uint64 feeTicks,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Sends what is asked for already to somebody else: a currency may refuse who was named. All else stays as it was asked.
    /// @param id The account.
    /// @param to Who gets the money.
    function redirectWithdraw(uint32 id, address to) external;

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `Redirect`, with the account's next nonce).
    /// @param id The account.
    /// @param to Who gets the money.
    /// @param deadline Unix seconds after which it is worth nothing.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    function redirectWithdrawFor(uint32 id, address to, uint256 deadline, bytes calldata signature) external;

    /// @notice Second step, by anyone: pays what was asked for, or what settlement and the home's debt leave of it. After the escape delay it
    /// pays whatever happens, paused or not; but of a wide account nothing while the open proposal takes from it.
    /// @param id The account.
    function finalizeWithdraw(uint32 id) external;

    /// @notice Pays at once what the owner wants and a quorum says that it can spare (both sign EIP-712 `WithdrawNow`, with the home's
    /// next nonce). Only between a settled period and the next proposal; what another withdrawal has asked for stays.
    /// @param id The account.
    /// @param to Who gets the money.
    /// @param ticks How much.
    /// @param period The period that comes next.
    /// @param deadline Unix seconds: validators vouch for no longer than that.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271); may be empty if the owner is the caller.
    /// @param cert As of a period, by the validators that certify the next one.
    function withdrawNow(
        uint32 id,
        address to,
        uint64 ticks,
        uint64 period,
        uint256 deadline,
        bytes calldata signature,
        bytes calldata cert
    ) external;

    /// @notice Escrow of a home in ticks.
    /// @param id The home.
    function balanceOf(uint32 id) external view returns (uint256);

    /// @notice Escrow of a wide account in ticks.
    /// @param id The account.
    function wideBalance(uint8 id) external view returns (uint256);

    /// @notice What there is at one moment, of up to `count` homes from id `from` on, and of all wide accounts.
    /// @param from First home.
    /// @param count At most this many.
    /// @return homes By home.
    /// @return wide Ticks by account.
    function balances(uint256 from, uint256 count) external view returns (Balance[] memory homes, uint128[8] memory wide);

    /// @notice Who may have what is in a wide account; 0: nobody yet.
    /// @param id The account, 0 to 7.
    function payee(uint8 id) external view returns (address);

    /// @notice What account `id` has asked for; zeros when nothing.
    /// @param id The account.
    function withdrawal(uint32 id) external view returns (Withdrawal memory);

    /// @notice What the owner of account `id` must sign next; a number counts once.
    /// @param id The account.
    function nonces(uint32 id) external view returns (uint256);
}
