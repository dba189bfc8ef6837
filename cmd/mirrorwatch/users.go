package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

func newUsers() *cobra.Command {
	data := dataFolder()
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List the users of a server on this machine, or set a forgotten password anew",
		Long: `Users works on the folder of a server that is not running: whoever may read that folder may do anything anyway.
While a server runs, an administrator does the same in the console or with the API.`,
		Example: "  mirrorwatch users list\n  mirrorwatch users reset admin --data /var/lib/mirrorwatch",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&data, "data", data, "`FOLDER` of the server")
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the users", Example: "  mirrorwatch users list", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withUsers(cmd.Context(), data, func(l *signin.Local) error { return listUsers(cmd.Context(), cmd.OutOrStdout(), l) })
		},
	}, &cobra.Command{
		Use: "reset NAME", Short: "Give a user a new password, which must be changed at the next log-in", Example: "  mirrorwatch users reset admin",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("users reset takes one name, but got %d", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withUsers(cmd.Context(), data, func(l *signin.Local) error {
				password, err := l.ResetPassword(cmd.Context(), args[0], store.Actor{Name: "system"})
				if err != nil {
					return fmt.Errorf("reset password of %s: %w", args[0], err)
				}
				fmt.Fprintln(cmd.OutOrStdout(), password)
				return nil
			})
		},
	})
	return cmd
}

// withUsers opens the store of a folder for as long as f works with its users.
func withUsers(ctx context.Context, data string, f func(*signin.Local) error) (err error) {
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: data, Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	l, err := signin.New(signin.Options{Documents: s.Documents, Audit: s.Audit, Now: time.Now})
	if err != nil {
		return err
	}
	return f(l)
}

func listUsers(ctx context.Context, out io.Writer, l *signin.Local) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tROLE\tPACKETS\tSTATE\tLAST LOG-IN (UTC)")
	for q := (store.ListQuery{}); ; {
		list, page, err := l.Users(ctx, q)
		if err != nil {
			return err
		}
		for _, u := range list {
			fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%s\n", clean(u.Value.Name), u.Value.Role, u.Value.Packets, stateOf(&u.Value), lastLogin(&u.Value))
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return t.Flush()
		}
	}
}

func stateOf(u *store.User) string {
	switch {
	case u.Disabled:
		return "disabled"
	case u.LockedUntil != nil && u.LockedUntil.After(time.Now()):
		return "locked"
	case u.MustChange:
		return "must change the password"
	}
	return "active"
}

func lastLogin(u *store.User) string {
	if u.LastLogin == nil {
		return "-"
	}
	return u.LastLogin.UTC().Format(time.DateTime)
}
