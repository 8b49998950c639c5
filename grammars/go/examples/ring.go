// Package ring keeps the last values of a stream.
package ring

import "fmt"

import (
	"context"
	"errors"
	str "strings"
	_ "embed"
)

// ErrEmpty is returned when there is nothing to take.
var ErrEmpty = errors.New("ring: empty")

const Size = 8

const (
	stateOpen = iota
	stateClosed
)

var (
	mode  = stateOpen
	names []string
)

type Ring[T any] struct {
	items [Size]T
	next  int
}

type Source interface {
	Next(ctx context.Context) (string, error)
}

type (
	ID    = int64
	Label string
)

func New[T any]() *Ring[T] {
	return &Ring[T]{next: 0}
}

func (r *Ring[T]) Push(item T) (old T, full bool) {
	at := r.next % Size
	old, full = r.items[at], r.next >= Size
	r.items[at] = item
	r.next++
	return
}

func Drain(ctx context.Context, from Source, visit func(string) bool) error {
	for {
		text, err := from.Next(ctx)
		if err != nil {
			return fmt.Errorf("drain: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		if !visit(str.ToUpper(text)) {
			return nil
		}
		go func() {
			names = append(names, `raw "text"`)
		}()
	}
}
