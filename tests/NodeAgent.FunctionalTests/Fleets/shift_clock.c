/* Another time of day for one program: LD_PRELOAD it, and SHIFT_CLOCK names a file with a number of seconds (a binary
 * int64) that is added to what the clock says. The file may be written to while the program runs. The clocks that nobody
 * can set (CLOCK_MONOTONIC, CLOCK_BOOTTIME) are left alone, as settimeofday(2) leaves them. Used by ClockTests. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SHIFT_CLOCK");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (file >= 0) {
		void *map = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);

		if (map != MAP_FAILED)
			shift = map;
		close(file);
	}
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = (int)syscall(SYS_clock_gettime, clock, time);

	if (result == 0 && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		time->tv_sec += *shift;
	return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *where)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (where)
		*where = now.tv_sec;
	return now.tv_sec;
}
