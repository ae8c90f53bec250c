package ops

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Dependencies is the readiness as metrics: podium_ready, and podium_dependency_up and its latency for each
// check. They are asked for when they are read, within the readiness's TTL, and so are never stale.
type Dependencies struct {
	Readiness *Readiness
}

func readyDesc() *prometheus.Desc {
	return prometheus.NewDesc("podium_ready", "Whether the server is ready: 1 or 0.", nil, nil)
}

func upDesc() *prometheus.Desc {
	return prometheus.NewDesc("podium_dependency_up", "Whether a thing that the server depends on works: 1 or 0.", []string{"name"}, nil)
}

func latencyDesc() *prometheus.Desc {
	return prometheus.NewDesc("podium_dependency_check_seconds", "How long the last check of a dependency took.", []string{"name"}, nil)
}

// Describe implements prometheus.Collector.
func (d *Dependencies) Describe(descs chan<- *prometheus.Desc) {
	descs <- readyDesc()
	descs <- upDesc()
	descs <- latencyDesc()
}

// Collect implements prometheus.Collector.
func (d *Dependencies) Collect(metrics chan<- prometheus.Metric) {
	report := d.Readiness.Report(context.Background())
	metrics <- prometheus.MustNewConstMetric(readyDesc(), prometheus.GaugeValue, oneIf(report.Ready))
	for _, result := range report.Checks {
		metrics <- prometheus.MustNewConstMetric(upDesc(), prometheus.GaugeValue, oneIf(result.OK), result.Name)
		metrics <- prometheus.MustNewConstMetric(latencyDesc(), prometheus.GaugeValue, result.LatencyMs/1000, result.Name)
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
