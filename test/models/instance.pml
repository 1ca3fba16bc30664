/*
 * One instance of single-shot Simplex: n = 4, f = 1, q = 3. Homes 0 to 2 are honest; the fourth leads every view, shows each
 * home any proposal it likes, and its votes count everywhere, for everything.
 * Fully asynchronous: a certificate that exists may be in anybody's hands at once, and a home that doesn't act is one that the
 * messages haven't reached. So there are no channels: what the honest homes have sent is the whole state.
 * A home that restarts has its votes but no certificates and may stand in any earlier view again: so a home may be in a view
 * whenever every view before has a certificate, and no view needs to be kept.
 */
#ifndef VIEWS
#define VIEWS 3
#endif

#ifdef MUTANT_WRONG_QUORUM
#define QUORUM 2
#else
#define QUORUM 3
#endif

/* What a home has sent in a view: notarize A or B, nullify, finalize A or B. */
#define NA 1
#define NB 2
#define NULL 4
#define FA 8
#define FB 16

byte sent[12]; /* 3 homes x at most 4 views */

#define AT(h, v) ((h) * 4 + (v))
#define SENT(h, v, what) ((sent[AT(h, v)] & (what)) != 0)
#define CERT(v, what) (SENT(0, v, what) + SENT(1, v, what) + SENT(2, v, what) + 1 >= QUORUM)

/* What a home knows of its own votes: all of them, because they are on disk before they are sent. */
#ifdef MUTANT_AMNESIA
byte kept[12];
bool crashed;
#define SAID(h, v, what) ((kept[AT(h, v)] & (what)) != 0)
#else
#define SAID(h, v, what) SENT(h, v, what)
#endif

/* A view is left only by its own certificate. */
#define OVER(v) (CERT(v, NULL) || CERT(v, NA) || CERT(v, NB))
#define IN_VIEW(v) ((v == 0 || OVER(0)) && (v <= 1 || OVER(1)) && (v <= 2 || OVER(2)))

/* Every view from w to before v was nullified. */
#define NULLED(w, v) ((w > 0 || v <= 0 || CERT(0, NULL)) && (w > 1 || v <= 1 || CERT(1, NULL)) && (w > 2 || v <= 2 || CERT(2, NULL)))

#define HANDED(w, v, notarized) (w < v && CERT(w, notarized) && BETWEEN(w, v))
#ifdef MUTANT_STALE_PARENT
#define BETWEEN(w, v) true
#else
#ifdef MUTANT_WRONG_PARENT
#define BETWEEN(w, v) NULLED(w + 2, v)
#else
#define BETWEEN(w, v) NULLED(w + 1, v)
#endif
#endif

#ifdef MUTANT_FRESH_TOO_SOON
#define FRESH(v) NULLED(v - 1, v)
#else
#define FRESH(v) NULLED(0, v)
#endif

#ifdef MUTANT_UNJUSTIFIED
#define JUSTIFIED(v, notarized) true
#else
#define JUSTIFIED(v, notarized) (FRESH(v) || HANDED(0, v, notarized) || HANDED(1, v, notarized) || HANDED(2, v, notarized))
#endif

#ifdef MUTANT_VOTE_TWICE
#define SILENT(h, v, notarized) !SAID(h, v, notarized | NULL | FA | FB)
#else
#define SILENT(h, v, notarized) !SAID(h, v, NA | NB | NULL | FA | FB)
#endif

#ifdef MUTANT_NULLIFY_AFTER_FINALIZE
#define MAY_NULLIFY(h, v) !SAID(h, v, NULL)
#else
#define MAY_NULLIFY(h, v) !SAID(h, v, NULL | FA | FB)
#endif

#ifdef MUTANT_FINALIZE_AFTER_NULLIFY
#define MAY_FINALIZE(h, v) !SAID(h, v, FA | FB)
#else
#define MAY_FINALIZE(h, v) !SAID(h, v, NULL | FA | FB)
#endif

#define SAY(h, v, what) at = AT(h, v); say = what

#define NOTARIZE(h, v, notarized) IN_VIEW(v) && SILENT(h, v, notarized) && JUSTIFIED(v, notarized) -> SAY(h, v, notarized)
#define NULLIFY(h, v) IN_VIEW(v) && MAY_NULLIFY(h, v) -> SAY(h, v, NULL)
#define FINALIZE(h, v, notarized, final) CERT(v, notarized) && MAY_FINALIZE(h, v) -> SAY(h, v, final)

#define VIEW(h, v) \
  :: NOTARIZE(h, v, NA) :: NOTARIZE(h, v, NB) :: NULLIFY(h, v) :: FINALIZE(h, v, NA, FA) :: FINALIZE(h, v, NB, FB)

#if VIEWS == 4
#define HOME(h) VIEW(h, 0) VIEW(h, 1) VIEW(h, 2) VIEW(h, 3)
#elif VIEWS == 3
#define HOME(h) VIEW(h, 0) VIEW(h, 1) VIEW(h, 2)
#else
#define HOME(h) VIEW(h, 0) VIEW(h, 1)
#endif

#define FINAL(final) (CERT(0, final) || CERT(1, final) || CERT(2, final) || CERT(3, final))

/* What the proof rests on, view by view. */
#define TRUE_TO_ITSELF(h, v) \
  !(SENT(h, v, NULL) && SENT(h, v, FA | FB)) && !(SENT(h, v, NA) && SENT(h, v, NB)) && !(SENT(h, v, FA) && SENT(h, v, FB))
#define SOUND(v) \
  (TRUE_TO_ITSELF(0, v) && TRUE_TO_ITSELF(1, v) && TRUE_TO_ITSELF(2, v) && \
   !(CERT(v, NA) && CERT(v, NB)) && !(CERT(v, NULL) && (CERT(v, FA) || CERT(v, FB))))

/* Homes are alike, so of all orders of the same three only one is visited. */
#define WORD(h) (sent[AT(h, 0)] + 32 * sent[AT(h, 1)] + 1024 * sent[AT(h, 2)] + 32768 * sent[AT(h, 3)])
#define SWAP(g, h, v) swapped = sent[AT(g, v)]; sent[AT(g, v)] = sent[AT(h, v)]; sent[AT(h, v)] = swapped
#define ORDER(g, h) if :: WORD(g) > WORD(h) -> SWAP(g, h, 0); SWAP(g, h, 1); SWAP(g, h, 2); SWAP(g, h, 3) :: else fi

/* Claims, and what only passes between two states. */
hidden byte agreement, sound, early;
hidden byte at, say, swapped;

active proctype street() {
end:
  do
  :: atomic {
      if
      HOME(0) HOME(1) HOME(2)
#ifdef MUTANT_AMNESIA
      :: !crashed -> crashed = true; say = 0; kept[0] = 0; kept[1] = 0; kept[2] = 0; kept[3] = 0
#endif
      fi;
      d_step {
        sent[at] = sent[at] | say;
#ifdef MUTANT_AMNESIA
        kept[at] = kept[at] | say;
#else
        ORDER(0, 1);
        ORDER(1, 2);
        ORDER(0, 1);
#endif
        agreement = !(FINAL(FA) && FINAL(FB));
        sound = SOUND(0) && SOUND(1) && SOUND(2) && SOUND(3);
        early = !(CERT(0, NA) && !CERT(0, FA) && CERT(VIEWS - 1, FA));
#ifdef CLAIM
        assert(CLAIM)
#else
        assert(agreement && sound)
#endif
      }
    }
  od
}
