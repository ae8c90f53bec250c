// Package trust says which servers a pull believes to be who they are.
package trust
