package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// load is one run of wrk.
type load struct {
	requests int64
	rate     float64 // requests a second
	bytes    float64 // bytes a second, with the heads
	p99      time.Duration
}

var (
	wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in `)
	wrkRate     = regexp.MustCompile(`(?m)^Requests/sec:\s*([\d.]+)`)
	wrkBytes    = regexp.MustCompile(`(?m)^Transfer/sec:\s*([\d.]+)([KMGT]?)B`)
	wrkP99      = regexp.MustCompile(`(?m)^\s*99%\s+([\d.]+)(us|ms|s)`)
	wrkTrouble  = regexp.MustCompile(`(?m)^\s*(Socket errors: .*|Non-2xx or 3xx responses: .*)$`)
)

func wrk(ctx context.Context, url string, connections int, lasting time.Duration) (load, error) {
	args := []string{
		"--latency", "--timeout=10s", "-t1", "-c" + strconv.Itoa(connections), fmt.Sprintf("-d%ds", int(lasting.Seconds())), url,
	}
	out, err := exec.CommandContext(ctx, "wrk", args...).CombinedOutput() //nolint:gosec // Our own address.
	if err != nil {
		return load{}, fmt.Errorf("wrk %s: %w\n%s", url, err, out)
	}
	return parseWrk(string(out))
}

// parseWrk reads wrk's report. A report of failed requests is an error: they would count as fast ones.
func parseWrk(out string) (l load, err error) {
	if m := wrkTrouble.FindString(out); m != "" {
		return l, fmt.Errorf("wrk: %s", m)
	}
	requests, rate, bytes, p99 := wrkRequests.FindStringSubmatch(out), wrkRate.FindStringSubmatch(out),
		wrkBytes.FindStringSubmatch(out), wrkP99.FindStringSubmatch(out)
	if requests == nil || rate == nil || bytes == nil || p99 == nil {
		return l, fmt.Errorf("wrk's report is not understood:\n%s", out)
	}
	if l.requests, err = strconv.ParseInt(requests[1], 10, 64); err != nil {
		return l, err
	}
	if l.rate, err = strconv.ParseFloat(rate[1], 64); err != nil {
		return l, err
	}
	if l.bytes, err = strconv.ParseFloat(bytes[1], 64); err != nil {
		return l, err
	}
	// Its units are binary: 1 KB is 1024 bytes.
	l.bytes *= map[string]float64{"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}[bytes[2]]
	l.p99, err = time.ParseDuration(p99[1] + p99[2])
	return l, err
}
