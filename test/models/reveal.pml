/*
 * Sealed orders: one home that commits before the gate and reveals after it, N validators of which F lie. Honest ones sign one
 * list after the reveals: the commits that they held at their own gate, and of these the orders whose reveal they hold when they
 * sign. A liar's list, and which lists a proposal names, is anything.
 * Time in ticks of 250 ms. Own clocks, and so gates, lie at most SKEW apart; a message of an honest home takes at most LATENCY.
 * HONEST_HOME commits to A at any moment and reveals in time. The other home commits to A and to B under one sequence number at
 * any moment and reveals each to whom it likes, when it likes.
 * Commits are signed, so nobody can name one that the home didn't make. Validators are alike: only rising lists are visited.
 */
#ifndef N
#define N 4
#endif
#define F ((N - 1) / 3)
#define Q (2 * N / 3 + 1)
#define HONEST (N - F)

#ifndef SKEW
#define SKEW 2
#endif
#ifndef LATENCY
#define LATENCY 2
#endif
#define REVEAL 2 /* 500 ms behind the own gate. */
#ifdef MUTANT_SIGN_TOO_SOON
#define SIGN 3
#else
#define SIGN 6 /* 1500 ms behind the own gate. */
#endif

#ifdef MUTANT_F_LISTS
#define NEEDED F
#else
#define NEEDED (F + 1)
#endif

/* What a list says of A or B. */
#define NOTHING 0
#define COMMIT 1
#define ORDER 2 /* and its commit */

/* A list: (A + 3 * B) * 2 + whether the proposal names it. Without TWO there is no B. */
#ifdef TWO
#define LISTS 18
#else
#define LISTS 6
#endif
#define OF_A(list) (((list) / 2) % 3)
#define OF_B(list) (((list) / 6) % 3)
#define NAMED(list) ((list) % 2)

byte list[N];

#define EARLIEST (LATENCY + 1) /* gate */
#define LATEST (EARLIEST + SKEW)
/* Own gate of the home, and when it commits. */
byte gate, committed;
/* What the honest validators have in common: held A's commit at the gate; were shown its order before they signed. */
bool all_held, none_held, all_shown, none_shown;
hidden byte honest_in, honest_uncharged, late_out, withheld_charged, no_last_look, pays_once, unfree, unfree_split, unfree_between, never_in;
hidden byte i, lists, a, b, a_order, b_order, a_in, b_in, in, charges;

#define ADD(of, commits, orders) \
  if :: NAMED(list[i]) && of(list[i]) != NOTHING -> commits++ :: else fi; \
  if :: NAMED(list[i]) && of(list[i]) == ORDER -> orders++ :: else fi

/* A commit is withheld when enough lists name it without its order: one of them is honest and waited for the reveal. */
#ifdef MUTANT_CHARGE_BY_COMMITS
#define WITHHELD(commits, orders) ((commits) >= NEEDED && (orders) < NEEDED)
#elif defined(MUTANT_CHARGE_BY_F)
#define WITHHELD(commits, orders) ((commits) - (orders) >= F)
#else
#define WITHHELD(commits, orders) ((commits) - (orders) >= NEEDED)
#endif

#ifdef MUTANT_CONFLICT_IS_FREE
#define CONFLICT false
#else
/* An order that doesn't count for what else is in its place. */
#define CONFLICT (a_order >= NEEDED || b_order >= NEEDED)
#endif

#ifdef MUTANT_REVEAL_COUNTS
#define IS_IN(commits, orders) ((orders) >= NEEDED)
#else
#define IS_IN(commits, orders) ((commits) >= NEEDED && (orders) >= NEEDED)
#endif

#ifdef MUTANT_PER_COMMIT
#define CHARGES (in -> 0 : (WITHHELD(a, a_order) || CONFLICT) + (WITHHELD(b, b_order) || CONFLICT))
#else
#define CHARGES ((!in && (WITHHELD(a, a_order) || WITHHELD(b, b_order) || CONFLICT)) -> 1 : 0)
#endif

active proctype street() {
  byte validator, least, own, delay, word;
  /* The home. */
  atomic {
    select(committed : 0 .. LATEST + REVEAL);
    select(gate : EARLIEST .. LATEST);
    all_held = true;
    none_held = true;
    all_shown = true;
    none_shown = true
  }
  /* The honest validators. */
  do
  :: validator < HONEST ->
    atomic {
      select(own : EARLIEST .. LATEST);
      word = NOTHING;
#ifdef HONEST_HOME
      select(delay : 0 .. LATENCY);
#ifdef MUTANT_COMMIT_UNTIL_SIGNED
      if :: committed + delay <= own + SIGN -> word = COMMIT :: else fi;
#else
      if :: committed + delay < own -> word = COMMIT :: else fi;
#endif
      select(delay : 0 .. LATENCY);
      if
      :: gate + REVEAL + delay <= own + SIGN -> none_shown = false; if :: word == COMMIT -> word = ORDER :: else fi
      :: else -> all_shown = false
      fi;
#else
      if
#ifdef MUTANT_COMMIT_UNTIL_SIGNED
      :: committed <= own + SIGN -> word = COMMIT
#else
      :: committed < own -> word = COMMIT
#endif
      :: true
      fi;
      /* What is shown without a commit at the gate changes nothing, except for the mutant that doesn't ask for one. */
      if
#ifdef MUTANT_REVEAL_COUNTS
      :: true -> word = ORDER; none_shown = false
#else
      :: word == COMMIT -> word = ORDER; none_shown = false
#endif
      :: true -> all_shown = false
      fi;
#endif
      if :: word == NOTHING -> all_held = false :: else -> none_held = false fi;
#ifdef TWO
      if :: word = word + 3 * NOTHING :: word = word + 3 * COMMIT :: word = word + 3 * ORDER fi;
#endif
      if :: word = word * 2 :: word = word * 2 + 1 fi;
      if
      :: word >= least -> list[validator] = word; least = word; validator++
      :: else -> goto end
      fi;
      own = 0;
      delay = 0;
      word = 0
    }
  :: else -> break
  od;
  /* The liars. */
  least = 0;
  do
  :: validator < N ->
    atomic {
      select(least : least .. LISTS - 1);
      list[validator] = least;
      validator++
    }
  :: else -> break
  od;
  skip;
  d_step {
    i = 0; lists = 0; a = 0; b = 0; a_order = 0; b_order = 0;
    do
    :: i < N -> lists = lists + NAMED(list[i]); ADD(OF_A, a, a_order); ADD(OF_B, b, b_order); i++
    :: else -> break
    od;
    if
    :: lists >= Q ->
      a_in = IS_IN(a, a_order) && !(b_order >= NEEDED || WITHHELD(b, b_order));
      b_in = IS_IN(b, b_order) && !(a_order >= NEEDED || WITHHELD(a, a_order));
      in = a_in || b_in;
      charges = CHARGES;
      never_in = !a_in;
#ifdef HONEST_HOME
      honest_in = !all_held || a_in;
      honest_uncharged = charges == 0;
#else
      honest_in = true;
      honest_uncharged = true;
#endif
      late_out = !none_held || !a_in;
      no_last_look = committed < EARLIEST + REVEAL || !a_in;
      withheld_charged = !(all_held && none_shown) || a_in || b_in || charges > 0;
      pays_once = charges <= 1 && !(a == 0 && b == 0 && charges > 0);
      unfree = !(all_held && (all_shown || none_shown)) || in || charges > 0;
      /* More than the rule can do: a home in league with a validator. */
      unfree_split = !all_held || in || charges > 0;
      unfree_between = none_held || !none_shown || in || charges > 0;
#ifdef CLAIM
      assert(CLAIM)
#else
      assert(honest_in && honest_uncharged && late_out && no_last_look && withheld_charged && pays_once && unfree)
#endif
    :: else
    fi
  };
end:
  skip
}
