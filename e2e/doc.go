// Package e2e tests the built program as viewers, encoders and operators meet it: over its ports alone.
package e2e
