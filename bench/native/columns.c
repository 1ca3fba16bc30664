/* The twin of engine/auction/columns in C: same passes, same order, for `npm run bench:engine`. Own code.
 * columns FILE RUNS: FILE holds int32 count, ticks, k, then rungs and energies; prints the result's hash, the median CPU time
 * of a run (ns) with pairing, and without. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int32_t count, ticks, k, blockCount, shift;
static int32_t *rungs, *energies, *filled, *sharing, *places, *amounts, *buyers, *sellers, *traded;
static double *sums, *blocks, sides[2], *remainders, *candidates;
static int64_t volume, toShare;
static int32_t price, buyersFrom, sellersTo, cut;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int countByTick(void) {
  memset(sums, 0, sizeof(double) * 2 * ticks);
  for (int32_t i = 0; i < count; i++) {
    uint32_t rung = (uint32_t)rungs[i];
    if (rung >= 2 * (uint32_t)ticks || energies[i] <= 0) return -1;
    sums[rung] += energies[i];
  }
  memset(blocks, 0, sizeof(double) * 2 * blockCount);
  for (int32_t r = 0; r < 2 * ticks; r += 2) {
    int32_t block = 2 * (r >> (shift + 1));
    blocks[block] += sums[r];
    blocks[block + 1] += sums[r + 1];
  }
  sides[0] = sides[1] = 0;
  for (int32_t b = 0; b < 2 * blockCount; b++) sides[b & 1] += blocks[b];
  return 0;
}

static int32_t occupiedFrom(int side, int32_t tick) {
  for (int32_t at = tick; at < ticks;) {
    if (blocks[2 * (at >> shift) + side] == 0) { at = ((at >> shift) + 1) << shift; continue; }
    if (sums[2 * at + side] > 0) return at;
    at++;
  }
  return INT32_MAX;
}

static int32_t occupiedAtOrBelow(int side, int32_t tick) {
  for (int32_t at = tick; at >= 0;) {
    if (blocks[2 * (at >> shift) + side] == 0) { at = ((at >> shift) << shift) - 1; continue; }
    if (sums[2 * at + side] > 0) return at;
    at--;
  }
  return -1;
}

#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

static void cross(void) {
  double offered = 0, below = 0, all = sides[0];
  int32_t block = 0, meet;
  for (; block < blockCount; block++) {
    if (offered + blocks[2 * block + 1] + below + blocks[2 * block] >= all) break;
    offered += blocks[2 * block + 1];
    below += blocks[2 * block];
  }
  for (meet = block << shift; meet < ticks; meet++) {
    if (offered + sums[2 * meet + 1] + below >= all) break;
    offered += sums[2 * meet + 1];
    below += sums[2 * meet];
  }
  double wanted = all - below, most = MAX(offered, wanted), there = offered + (meet < ticks ? sums[2 * meet + 1] : 0);
  volume = (int64_t)most;
  cut = -1;
  toShare = 0;
  price = -1;
  buyersFrom = ticks;
  sellersTo = -1;
  if (volume == 0) return;
  int buyCut = most > wanted, sellCut = offered < most && there > most;
  buyersFrom = meet;
  sellersTo = there == most ? meet : meet - 1;
  if (buyCut) { cut = 2 * (meet - 1); toShare = (int64_t)(most - wanted); }
  if (sellCut) { cut = 2 * meet + 1; toShare = (int64_t)(most - offered); }
  int32_t low = MAX(sellCut ? meet : occupiedAtOrBelow(1, sellersTo), occupiedAtOrBelow(0, meet - 1));
  int32_t high = MIN(buyCut ? meet - 1 : occupiedFrom(0, meet), occupiedFrom(1, sellersTo + 1));
  price = low + (int32_t)(((int64_t)(high - low) * k) / 1000);
}

static double leastFavoured(int32_t sharers, int32_t rank) {
  int32_t counts[256], remaining = sharers;
  double most = 0, scale = 1, known = 0;
  for (int32_t i = 0; i < sharers; i++) {
    candidates[i] = remainders[i];
    most = MAX(most, remainders[i]);
  }
  while (scale * 256 <= most) scale *= 256;
  for (; scale >= 1; scale /= 256) {
    memset(counts, 0, sizeof counts);
    for (int32_t i = 0; i < remaining; i++) counts[(int32_t)(candidates[i] / scale)]++;
    int32_t digit = 255, kept = 0;
    for (; counts[digit] < rank; digit--) rank -= counts[digit];
    known += digit * scale;
    for (int32_t i = 0; i < remaining; i++) {
      double rest = candidates[i] - digit * scale;
      candidates[kept] = rest;
      kept += rest >= 0 && rest < scale;
    }
    remaining = kept;
  }
  return known;
}

static void shareCut(int32_t sharers) {
  double total = sums[cut];
  int64_t left = toShare;
  for (int32_t i = 0; i < sharers; i++) {
    double product = (double)energies[sharing[i]] * (double)toShare;
    int32_t share = (int32_t)(product / total);
    remainders[i] = product - share * total;
    filled[sharing[i]] = share;
    left -= share;
  }
  if (left == 0) return;
  double least = leastFavoured(sharers, (int32_t)left);
  int64_t equals = left;
  for (int32_t i = 0; i < sharers; i++) equals -= remainders[i] > least;
  for (int32_t i = 0; i < sharers; i++)
    if (remainders[i] > least || (remainders[i] == least && equals-- > 0)) filled[sharing[i]]++;
}

static void fill(void) {
  int32_t between = ~sellersTo - buyersFrom, sharers = 0;
  for (int32_t i = 0; i < count; i++) {
    int32_t rung = rungs[i], turn = -(rung & 1);
    int32_t beyond = ((rung >> 1) ^ turn) - (buyersFrom + (between & turn));
    filled[i] = energies[i] & ~(beyond >> 31);
    if (rung == cut) sharing[sharers++] = i;
  }
  if (sharers > 0) shareCut(sharers);
}

static int32_t pair(void) {
  int32_t front = 0, back = count + 1;
  for (int32_t i = 0; i < count; i++) {
    int32_t energy = filled[i], isFilled = (int32_t)((uint32_t)-energy >> 31), isSeller = rungs[i] & 1;
    int32_t place = front + ((back - front) & -isSeller);
    places[place] = i;
    amounts[place] = energy;
    front += isFilled & ~isSeller;
    back -= isFilled & isSeller;
  }
  int32_t buyer = 0, seller = count + 1, wanted = amounts[buyer], offered = amounts[seller], pairs = 0;
  while (buyer < front) {
    int32_t difference = wanted - offered, energy = offered + (difference & (difference >> 31));
    buyers[pairs] = places[buyer];
    sellers[pairs] = places[seller];
    traded[pairs++] = energy;
    wanted -= energy;
    offered -= energy;
    int32_t buyerDone = (int32_t)((uint32_t)(wanted - 1) >> 31), sellerDone = (int32_t)((uint32_t)(offered - 1) >> 31);
    buyer += buyerDone;
    seller -= sellerDone;
    wanted += amounts[buyer] & -buyerDone;
    offered += amounts[seller] & -sellerDone;
  }
  return pairs;
}

static uint32_t hashOf(int32_t pairs) {
  uint32_t h = 0x811c9dc5;
  h = (h ^ (uint32_t)price) * 0x01000193;
  h = (h ^ (uint32_t)volume) * 0x01000193;
  for (int32_t i = 0; i < count; i++) h = (h ^ (uint32_t)filled[i]) * 0x01000193;
  for (int32_t i = 0; i < pairs; i++) {
    h = (h ^ (uint32_t)buyers[i]) * 0x01000193;
    h = (h ^ (uint32_t)sellers[i]) * 0x01000193;
    h = (h ^ (uint32_t)traded[i]) * 0x01000193;
  }
  return h;
}

static int byTime(const void *a, const void *b) { return (*(int64_t *)a > *(int64_t *)b) - (*(int64_t *)a < *(int64_t *)b); }

static int64_t median(int64_t *times, int n) {
  qsort(times, n, sizeof *times, byTime);
  return times[n / 2];
}

static void *column(size_t size) {
  void *space = calloc((size_t)count + 2, size);
  if (space == NULL) exit(2);
  return space;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  int32_t head[3];
  if (file == NULL || fread(head, 4, 3, file) != 3) return 2;
  count = head[0], ticks = head[1], k = head[2];
  int bits = ticks > 1 ? 32 - __builtin_clz(ticks - 1) : 0, runs = atoi(argv[2]);
  shift = (bits + 1) >> 1;
  blockCount = ((ticks - 1) >> shift) + 1;
  rungs = column(4), energies = column(4), filled = column(4), sharing = column(4), buyers = column(4), sellers = column(4);
  traded = column(4), remainders = column(8), candidates = column(8);
  places = column(4), amounts = column(4);
  sums = calloc(2 * ticks, 8), blocks = calloc(2 * blockCount, 8);
  if (fread(rungs, 4, count, file) != (size_t)count || fread(energies, 4, count, file) != (size_t)count) return 2;
  fclose(file);
  int64_t *whole = calloc(runs + 2, 8), *half = calloc(runs + 2, 8);
  int32_t pairs = 0;
  for (int i = 0; i < runs + 2; i++) {
    int64_t start = now();
    if (countByTick() != 0) return 3;
    cross();
    fill();
    half[i] = now() - start;
    pairs = pair();
    whole[i] = now() - start;
  }
  printf("%u %lld %lld\n", hashOf(pairs), (long long)median(whole + 2, runs), (long long)median(half + 2, runs));
  return 0;
}
