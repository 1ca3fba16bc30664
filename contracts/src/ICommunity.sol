// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a street decides together
/// @notice The market rules that count from an interval on, and what is paid from the community's account: one home, one vote.
interface ICommunity {
    /// @notice The rules' numbers that homes vote on. The hash binds all rules; a home compares its own with both.
    struct Numbers {
        /// @notice Whole percent of the surplus that the community gets.
        uint16 communityPercent;
        /// @notice Where between seller and buyer the price lies, in thousandths.
        uint16 kPermille;
        /// @notice Micro-currency for a sealed order that is never shown.
        uint64 withheldCharge;
        /// @notice The highest price, micro-currency per kWh.
        uint64 maxPrice;
    }

    /// @notice Market rules, and the first interval that they count for.
    struct Rules {
        /// @notice Names all rules: what each order signs.
        bytes32 hash;
        uint48 since;
        Numbers numbers;
    }

    /// @notice What a motion has paid from the community's account.
    struct Payment {
        /// @notice Who gets it; 0: the motion isn't for a payment.
        address to;
        /// @notice In ticks of 100 millionths; 0: what waits to be paid already goes to `to` instead.
        uint64 ticks;
        /// @notice When the payment was asked for that goes to `to` instead, in Unix seconds; otherwise 0.
        uint40 instead;
    }

    /// @notice A proposal of new rules or of a payment, and how it stands.
    struct Motion {
        /// @notice Zeros when it is for a payment.
        Rules rules;
        /// @notice The home that brought it.
        uint32 home;
        /// @notice Who is a home in this interval may vote.
        uint48 interval;
        /// @notice How many homes there were: later ones may not vote.
        uint32 homes;
        /// @notice How many of them have been looked at, in order, and how many of those may vote.
        uint32 counted;
        uint32 members;
        uint32 yes;
        uint32 no;
        /// @notice Unix seconds at which voting ends and the time to leave begins.
        uint48 closesAt;
        bool isExecuted;
    }

    /// @notice The number `name` of the rules is outside what was fixed for ever.
    error OutOfBounds(string name, uint256 got, uint256 least, uint256 most);
    /// @notice The bounds of `name` leave no number.
    error BadBounds(string name, uint256 least, uint256 most);
    /// @notice The time between vote and change must be longer than the vault's `escape`, so that anybody can leave first.
    error DelayTooShort(uint256 delay, uint256 escape);
    /// @notice Voting and executing need time.
    error NoTime();
    /// @notice Rules need a hash.
    error NoHash();
    /// @notice Nothing is settled yet, so who is a home may still change for any interval.
    error NothingSettled();
    /// @notice The rules count too soon: settled intervals and the next one to settle keep theirs, and no rules overtake later ones.
    error TooEarly(uint256 since, uint256 earliest);
    /// @notice The rules begin so far ahead that no others could count before them.
    error TooLate(uint256 since, uint256 latest);
    /// @notice No rules count for this interval.
    error NoRules(uint256 interval);
    /// @notice The vault pays what is in the community's account at the word of another contract.
    error NotPayee();
    /// @notice Money can't go to nobody or back into the vault.
    error BadRecipient();
    /// @notice A payment takes at most half of what is in the community's account: settlement may need the rest.
    error PaymentTooLarge(uint256 ticks, uint256 most);
    /// @notice The payment that should go to somebody else doesn't wait any more.
    error NothingWaits();
    /// @notice There is no such motion.
    error UnknownMotion(uint256 motion);
    /// @notice The home's motion `motion` is still voted on.
    error MotionOpen(uint256 motion);
    /// @notice The home was not in the street when the motion began.
    error NotMember(uint32 home);
    /// @notice Only the home's owner key may do this.
    error NotOwner();
    /// @notice This isn't the owner's signature over this motion or vote.
    error BadSignature();
    /// @notice The home has voted; a vote stays as it is.
    error AlreadyVoted(uint32 home);
    /// @notice Voting ended at `closedAt`.
    error VotingClosed(uint256 closedAt);
    /// @notice Voting goes on until `until`.
    error VotingOpen(uint256 until);
    /// @notice `yes` homes want it, `need` must.
    error NotCarried(uint256 yes, uint256 need);
    /// @notice It counts from `until` on at the soonest, so that anybody can leave first.
    error TimelockRunning(uint256 until);
    /// @notice Nobody executed it until `lapsedAt`: it is gone.
    error MotionLapsed(uint256 lapsedAt);
    /// @notice The motion was executed.
    error AlreadyExecuted();

    /// @notice Home `home` wants other rules.
    event MotionBrought(uint256 indexed motion, uint32 indexed home, Rules rules, uint48 closesAt);
    /// @notice Home `home` voted.
    event Voted(uint256 indexed motion, uint32 indexed home, bool yes);
    /// @notice Home `home` wants a payment from the community's account, or, with 0 ticks, the one that waits to go to `to`.
    event PaymentMoved(uint256 indexed motion, uint32 indexed home, address indexed to, uint64 ticks, uint48 closesAt);
    /// @notice The vault pays it when everything up to now is settled.
    event PaymentDecided(uint256 indexed motion, address indexed to, uint64 ticks);
    /// @notice `rules` count from their first interval on.
    event RulesDecided(uint256 indexed motion, Rules rules);

    /// @notice Brings new rules to a vote. The owner of a home that is in the street; one motion at a time for each home.
    /// @param home The owner's home.
    /// @param rules Inside the bounds, and not too early.
    /// @return motion Its number.
    function moveRules(uint32 home, Rules calldata rules) external returns (uint256 motion);

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `Motion`).
    /// @param home The owner's home.
    /// @param rules Inside the bounds, and not too early.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    /// @return motion Its number.
    function moveRulesFor(uint32 home, Rules calldata rules, bytes calldata signature) external returns (uint256 motion);

    /// @notice Brings a payment from the community's account to a vote. Who may, and how often, as with rules.
    /// @param home The owner's home.
    /// @param to Who gets it.
    /// @param ticks At most half of what is in the account; 0: what waits to be paid already goes to `to` instead.
    /// @return motion Its number.
    function movePayment(uint32 home, address to, uint64 ticks) external returns (uint256 motion);

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `Payment`).
    /// @param home The owner's home.
    /// @param to Who gets it.
    /// @param ticks As in `movePayment`.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    /// @return motion Its number.
    function movePaymentFor(uint32 home, address to, uint64 ticks, bytes calldata signature) external returns (uint256 motion);

    /// @notice Votes for a home, once. Its owner only.
    /// @param motion The motion.
    /// @param home A home that was in the street when the motion began.
    /// @param yes Whether it wants what the motion is for.
    function vote(uint256 motion, uint32 home, bool yes) external;

    /// @notice The same for an owner without coin: anyone may hand in what it signed (EIP-712 `Vote`).
    /// @param motion The motion.
    /// @param home A home that was in the street when the motion began.
    /// @param yes Whether it wants what the motion is for.
    /// @param signature The owner's, or what its contract takes for one (ERC-1271).
    function voteFor(uint256 motion, uint32 home, bool yes, bytes calldata signature) external;

    /// @notice Counts who may vote, up to `most` homes at a time, where a street is too large for `execute` to do so alone. Anyone may.
    /// @param motion The motion.
    /// @param most At most so many homes.
    function count(uint256 motion, uint32 most) external;

    /// @notice Puts a motion into force that more than half of all homes voted for, once the time to leave is over. Anyone may.
    /// @param motion The motion.
    function execute(uint256 motion) external;

    /// @notice The rules that count for an interval.
    /// @param interval The interval.
    function rulesAt(uint48 interval) external view returns (Rules memory);

    /// @notice All rules that were ever decided, in the order of their decision; of several with the same `since` the last one counts.
    function rulesHistory() external view returns (Rules[] memory);

    /// @notice What each number of the rules may be; fixed for ever.
    /// @return least The least.
    /// @return most The most.
    function bounds() external view returns (Numbers memory least, Numbers memory most);

    /// @notice A motion.
    /// @param motion Its number.
    function motionOf(uint256 motion) external view returns (Motion memory);

    /// @notice What a motion has paid; zeros when it is for rules.
    /// @param motion Its number.
    function paymentOf(uint256 motion) external view returns (Payment memory);

    /// @notice How many motions there were.
    function motionCount() external view returns (uint256);

    /// @notice How many motions a home has brought: what its next `Motion` or `Payment` must name as `nonce`.
    /// @param home The home.
    function motionsOf(uint32 home) external view returns (uint256);

    /// @notice Whether a home has voted.
    /// @param motion The motion.
    /// @param home The home.
    function hasVoted(uint256 motion, uint32 home) external view returns (bool);
}
