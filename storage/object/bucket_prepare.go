package object

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
)

// Prepare makes the bucket if it is missing and sets its lifecycle rules. Every operation calls it until it has
// once succeeded; to call it is only needed to learn early whether the store is there.
func (b *Bucket) Prepare(ctx context.Context) error {
	if b.prepared.Load() {
		return nil
	}
	// One caller's end must not fail the others who wait for the same.
	done := b.preparing.DoChan("", func() (any, error) {
		return nil, b.prepare(context.WithoutCancel(ctx))
	})
	select {
	case res := <-done:
		return res.Err
	case <-ctx.Done():
		return b.fail(ctx, nil, "prepare bucket", b.Name, ctx.Err())
	}
}

func (b *Bucket) prepare(ctx context.Context) error {
	if b.prepared.Load() {
		return nil
	}
	w := watch(ctx, b.Timeout)
	defer w.end()

	if err := b.makeBucket(w); err != nil {
		return b.fail(ctx, w, "prepare bucket", b.Name, err)
	}
	b.setRules(ctx)
	b.prepared.Store(true)
	return nil
}

// setRules sets the lifecycle rules. That they cannot be set is no reason not to use the bucket: credentials that may
// only read and write objects are good practice, and not every store knows such rules.
func (b *Bucket) setRules(ctx context.Context) {
	w := watch(ctx, b.Timeout)
	defer w.end()
	err := b.setLifecycle(w)
	if err == nil {
		b.ruled.Store(true)
		return
	}
	if !b.warned.Swap(true) {
		b.Log.Warn("lifecycle rules of the bucket are not set", "bucket", b.Name,
			"error", b.fail(ctx, w, "set lifecycle of bucket", b.Name, err))
	}
}

func (b *Bucket) makeBucket(ctx context.Context) error {
	exists, err := b.writes.BucketExists(ctx, b.Name)
	if isForbidden(err) {
		// Credentials may be good for the objects and not for the bucket: let the operation itself tell.
		b.Log.Warn("may not look whether the bucket exists", "bucket", b.Name, "error", err)
		return nil
	}
	if err != nil || exists {
		return err
	}
	err = b.writes.MakeBucket(ctx, b.Name, minio.MakeBucketOptions{Region: b.Region})
	switch minio.ToErrorResponse(err).Code {
	case minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists:
		return nil // another node was faster
	}
	if err == nil {
		b.Log.Info("bucket made", "bucket", b.Name)
	}
	return err
}

// rulePrefix begins the ids of our lifecycle rules; others are the operator's and stay.
const rulePrefix = "podium-"

func (b *Bucket) setLifecycle(ctx context.Context) error {
	current, err := b.writes.GetBucketLifecycle(ctx, b.Name)
	if minio.ToErrorResponse(err).Code == "NoSuchLifecycleConfiguration" {
		current, err = lifecycle.NewConfiguration(), nil
	}
	if err != nil {
		return err
	}

	wanted := lifecycle.NewConfiguration()
	for _, rule := range current.Rules {
		if !strings.HasPrefix(rule.ID, rulePrefix) {
			wanted.Rules = append(wanted.Rules, rule)
		}
	}
	for _, e := range b.Expiry {
		prefix := b.key(e.Prefix)
		wanted.Rules = append(wanted.Rules, lifecycle.Rule{
			ID:         fmt.Sprintf("%sexpire-%08x", rulePrefix, crc32.ChecksumIEEE([]byte(prefix))),
			Status:     "Enabled",
			RuleFilter: lifecycle.Filter{Prefix: prefix},
			Expiration: lifecycle.Expiration{Days: lifecycle.ExpirationDays(e.Days)},
		})
	}
	withAbort := &lifecycle.Configuration{Rules: append(slices.Clone(wanted.Rules), b.abortRule())}
	if sameRules(current, withAbort) || sameRules(current, wanted) {
		return nil
	}
	err = b.writes.SetBucketLifecycle(ctx, b.Name, withAbort)
	if minio.ToErrorResponse(err).StatusCode == http.StatusBadRequest {
		// MinIO knows no such rule and refuses them all. It removes incomplete uploads after a day by itself.
		err = b.writes.SetBucketLifecycle(ctx, b.Name, wanted)
	}
	return err
}

// abortRule removes what uploads that never ended have left: it is billed and no listing shows it.
func (b *Bucket) abortRule() lifecycle.Rule {
	rule := lifecycle.Rule{
		ID:                             rulePrefix + "abort-incomplete-uploads",
		Status:                         "Enabled",
		AbortIncompleteMultipartUpload: lifecycle.AbortIncompleteMultipartUpload{DaysAfterInitiation: 1},
	}
	if b.Prefix != "" {
		rule.RuleFilter.Prefix = b.Prefix + "/"
	}
	return rule
}

func sameRules(a, b *lifecycle.Configuration) bool {
	if len(a.Rules) != len(b.Rules) {
		return false
	}
	for i := range a.Rules {
		x, errX := xml.Marshal(a.Rules[i])
		y, errY := xml.Marshal(b.Rules[i])
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			return false
		}
	}
	return true
}

func isForbidden(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && answer.StatusCode == http.StatusForbidden
}
