package main

import "context"

type ingestCommand struct{}

func (c *ingestCommand) Run(ctx context.Context) error { return ctx.Err() }
