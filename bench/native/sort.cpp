// std::sort of the order keys alone, 8 bytes each, for `npm run bench:engine`. Own code.
// sort FILE RUNS: FILE as for columns.c; prints the sum of every 1000th key of the sorted column and the median CPU time (ns).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

static int64_t now() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  int32_t head[3];
  if (file == nullptr || fread(head, 4, 3, file) != 3) return 2;
  std::vector<int32_t> rungs(head[0]);
  if (fread(rungs.data(), 4, rungs.size(), file) != rungs.size()) return 2;
  fclose(file);
  std::vector<int64_t> times, keys(rungs.size());
  for (int run = 0; run < atoi(argv[2]); run++) {
    for (size_t i = 0; i < keys.size(); i++) keys[i] = ((int64_t)rungs[i] << 32) | (int64_t)i;
    const int64_t start = now();
    std::sort(keys.begin(), keys.end());
    times.push_back(now() - start);
  }
  std::sort(times.begin(), times.end());
  int64_t sum = 0;
  for (size_t i = 0; i < keys.size(); i += 1000) sum += keys[i] >> 32;
  printf("%lld %lld\n", (long long)sum, (long long)times[times.size() / 2]);
}
