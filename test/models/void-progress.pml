/*
 * That an interval ends: from whatever two bad views leave behind, a view with an honest leader decides, once the street hangs
 * together and all clocks are on one side of the deadline. n = 4, q = 3; the liar has led both views and falls silent.
 * The bad views are as in instance.pml: messages come or don't, homes restart, and each is before or behind the deadline as it
 * likes. What honest homes sent is on their disks and anybody can still get it. A vote of the liar that ended a view for some may
 * be lost with the homes that saw it, unless it is on disk with a finalize.
 * Then all homes hold what is left, timers fire, and the third view's leader proposes: what was notarized last, else a fresh value.
 */

/* What a home has sent in a view: notarize TRADE or VOID, nullify, finalize TRADE or VOID. */
#define NT 1
#define NV 2
#define NULL 4
#define FT 8
#define FV 16
#define ENDS 7 /* what a certificate of ends a view */
#define BOUND 28

byte sent[6]; /* 3 homes x 2 views */
byte two[2];  /* What two homes have sent, what all three. */
byte three[2];
byte liar[2]; /* The liar's votes that are left. */
byte view[3]; /* 0, 1, or 2: the honest leader's. */
bool calm;
bool past;    /* The deadline, when the street hangs together. */

#define AT(h, v) ((h) * 2 + (v))
#define SENT(h, v, what) ((sent[AT(h, v)] & (what)) != 0)
/* In the bad views the liar's vote counts for who likes; then only what is left of it. */
#define CERT(v, what) ((two[v] & (what)) != 0)
#define KNOWS(v, what) (((three[v] | two[v] & liar[v]) & (what)) != 0)

/* Fresh, or handed on. */
#define JUSTIFIED(v, notarized) (v == 0 || CERT(0, NULL | notarized))
#define IN_VIEW(v) (v == 0 || CERT(0, ENDS))

#ifdef MUTANT_NOTARIZED_WONT_NULLIFY
#define MAY_NULLIFY(h, v) !SENT(h, v, NT | NV | BOUND)
#else
#define MAY_NULLIFY(h, v) !SENT(h, v, BOUND)
#endif

/* To finalize is a promise never to nullify: the votes that it rests on are on disk with it. */
#ifdef MUTANT_FINALIZE_KEEPS_NOTHING
#define KEPT(v) 0
#else
#define KEPT(v) ((sent[AT(0, v)] | sent[AT(1, v)] | sent[AT(2, v)]) / FT)
#endif

#define SAY(h, v, what) at = AT(h, v); say = what
#define VIEW(h, v) \
  :: IN_VIEW(v) && !SENT(h, v, NT | NV | BOUND) && JUSTIFIED(v, NT) -> SAY(h, v, NT) \
  :: IN_VIEW(v) && !SENT(h, v, NT | NV | BOUND) && JUSTIFIED(v, NV) -> SAY(h, v, NV) \
  :: IN_VIEW(v) && MAY_NULLIFY(h, v) -> SAY(h, v, NULL) \
  :: CERT(v, NT) && !SENT(h, v, BOUND) -> SAY(h, v, FT) \
  :: CERT(v, NV) && !SENT(h, v, BOUND) -> SAY(h, v, FV)
#define HOME(h) VIEW(h, 0) VIEW(h, 1)

#ifdef MUTANT_JUMPS_VIEWS
/* A certificate of a later view will do. */
#define LEAVES(h) \
  :: view[h] == 0 && KNOWS(0, ENDS) -> view[h] = 1 \
  :: view[h] < 2 && KNOWS(1, ENDS) -> view[h] = 2
#else
#define LEAVES(h) \
  :: view[h] == 0 && KNOWS(0, ENDS) -> view[h] = 1 \
  :: view[h] == 1 && KNOWS(1, ENDS) -> view[h] = 2
#endif

#define TWO(v) (sent[AT(0, v)] & sent[AT(1, v)] | sent[AT(0, v)] & sent[AT(2, v)] | sent[AT(1, v)] & sent[AT(2, v)])
#define THREE(v) (sent[AT(0, v)] & sent[AT(1, v)] & sent[AT(2, v)])
#define COUNT two[0] = TWO(0); two[1] = TWO(1); three[0] = THREE(0); three[1] = THREE(1)

/* Homes are alike, so of all orders of the same three only one is visited. */
#define WORD(h) (sent[AT(h, 0)] * 32 + sent[AT(h, 1)])
#define SWAP(g, h, v) swapped = sent[AT(g, v)]; sent[AT(g, v)] = sent[AT(h, v)]; sent[AT(h, v)] = swapped
#define ORDER(g, h) if :: WORD(g) > WORD(h) -> SWAP(g, h, 0); SWAP(g, h, 1) :: else fi

#define BIND(h, v) \
  if \
  :: KNOWS(v, NT) && !SENT(h, v, BOUND) -> sent[AT(h, v)] = sent[AT(h, v)] | FT \
  :: KNOWS(v, NV) && !SENT(h, v, BOUND) -> sent[AT(h, v)] = sent[AT(h, v)] | FV \
  :: else \
  fi
#define LEAVE(h) do LEAVES(h) :: else -> break od
#define TIME_OUT(h) \
  if :: view[h] < 2 && MAY_NULLIFY(h, view[h]) -> sent[AT(h, view[h])] = sent[AT(h, view[h])] | NULL :: else fi
#define ROUND \
  BIND(0, 0); BIND(1, 0); BIND(2, 0); BIND(0, 1); BIND(1, 1); BIND(2, 1); COUNT; \
  LEAVE(0); LEAVE(1); LEAVE(2); \
  TIME_OUT(0); TIME_OUT(1); TIME_OUT(2); COUNT

/* The honest leader's proposal, and whether the homes can tell that it is right. All know the same by now. */
#define LATEST (KNOWS(1, NT | NV) -> 1 : (KNOWS(0, NT | NV) -> 0 : 2))
#ifdef MUTANT_CLOCK_JUDGES_ALL
/* The deadline also for what is handed on. */
#define RIGHT_SIDE (latest == 2 || (past -> KNOWS(latest, NV) : KNOWS(latest, NT)))
#elif defined(MUTANT_LEADER_TRADES_ON)
#define RIGHT_SIDE (latest < 2 || !past)
#else
#define RIGHT_SIDE true
#endif
#define JUDGED (latest == 1 || (KNOWS(1, NULL) && (latest == 0 || KNOWS(0, NULL))))

hidden byte completes, never_late_trade;
hidden byte at, say, swapped, latest;

active proctype street() {
  byte left;
  do
  :: !calm ->
    atomic {
      if
      HOME(0) HOME(1) HOME(2)
      :: calm = true; past = true
      :: calm = true
      fi;
      d_step {
        sent[at] = sent[at] | say;
        say = 0;
        COUNT;
        ORDER(0, 1);
        ORDER(1, 2);
        ORDER(0, 1)
      }
    }
  :: calm -> break
  od;
  atomic {
    select(left : 0 .. ENDS);
    liar[0] = left | KEPT(0);
    select(left : 0 .. ENDS);
    liar[1] = left | KEPT(1);
    left = 0
  };
  d_step {
    ROUND; ROUND; ROUND; ROUND;
    latest = LATEST;
    completes = view[0] == 2 && view[1] == 2 && view[2] == 2 && JUDGED && RIGHT_SIDE;
    never_late_trade = !(completes && past && latest < 2 && KNOWS(latest, NT));
#ifdef CLAIM
    assert(CLAIM)
#else
    assert(completes)
#endif
  }
}
