import type { Command } from 'commander';
import type { CreateOptions, KeyOptions as OrgKeyOptions } from './organizations.js';
import {
  addUser,
  changeTeam,
  changeUser,
  createKey,
  createTeam,
  deleteTeam,
  list,
  removeUser,
  revokeKey,
  rotateKey,
} from './people.js';
import { changeRole, createRole, deleteRole, showRole } from './roles.js';
import type { ServerOptions } from './server-client.js';

const ROWS_HELP = 'conditions that every row has to meet, as JSON or @file; [] for none';

type ServerOption = readonly [flags: string, description: string, fallback: string];

/** `tributary user|team|role|key …` */
export function registerPeople(program: Command, server: ServerOption, keyHelp: string): void {
  const group = (name: string, description: string): ((command: string, about: string) => Command) => {
    const commands = program.command(name).description(description);
    return (command, about) =>
      commands
        .command(command)
        .description(about)
        .option(...server)
        .addHelpText('after', keyHelp);
  };
  const withRole = (command: Command): Command =>
    command
      .option('--role <role>', 'organization_admin, marketing_manager, campaign_manager, analyst or viewer')
      .option('--custom-role <name>', 'a role of the organisation’s own')
      .option('--campaign <name...>', 'campaigns that a campaign manager is limited to');
  const listing = (path: string, columns: readonly string[]) => (options: ServerOptions) =>
    list(path, columns, options);

  const user = group('user', 'the people of an organisation');
  user('list', 'show them').action(
    listing('/api/users', ['email', 'display_name', 'role', 'custom_role', 'campaigns', 'teams']),
  );
  withRole(user('add <email>', 'add a person').option('--name <name>', 'name shown to people'))
    .option('--rows <json>', ROWS_HELP)
    .action(addUser);
  withRole(user('set-role <email>', 'change what a person may do'))
    .option('--rows <json>', ROWS_HELP)
    .action(changeUser);
  user('remove <email>', 'remove a person, whose keys end at once').action(removeUser);

  const team = group('team', 'teams, which share report views');
  team('list', 'show them').action(listing('/api/teams', ['name', 'members', 'id']));
  team('create <name>', 'make one; prints its id').action(createTeam);
  team('delete <name>', 'delete one').action(deleteTeam);
  team('add <team> <email>', 'put a person into a team').action((name: string, email: string, options: ServerOptions) =>
    changeTeam('PUT', name, email, options),
  );
  team('remove <team> <email>', 'take a person out').action((name: string, email: string, options: ServerOptions) =>
    changeTeam('DELETE', name, email, options),
  );

  const role = group('role', 'an organisation’s own roles: one of the five, narrowed');
  const withDefinition = (command: Command): Command =>
    command
      .option('--description <text>', 'what it is for')
      .option('--action [action...]', 'what of the base role is allowed; all of it without values')
      .option('--hide [member...]', 'metrics and dimensions that do not exist for it')
      .option('--mask [member...]', 'metrics and dimensions whose values are empty for it')
      .option('--grant [member...]', 'metrics that stay although they come from such')
      .option('--rows <json>', ROWS_HELP);
  role('list', 'show them').action(listing('/api/roles', ['name', 'base_role', 'actions', 'hidden', 'masked']));
  role('show <name>', 'show one as JSON, with its conditions on rows').action(showRole);
  withDefinition(
    role('create <name>', 'make one; prints its id').requiredOption(
      '--base <role>',
      'the role that it narrows: marketing_manager, campaign_manager, analyst or viewer',
    ),
  ).action(createRole);
  withDefinition(
    role('update <name>', 'change one; what is not named stays').option('--rename <name>', 'its new name'),
  ).action(changeRole);
  role('delete <name>', 'delete one that nobody has').action(deleteRole);

  const key = group('key', 'API keys');
  key('list', 'show them, without their secrets').action(
    listing('/api/keys', ['public_id', 'name', 'role', 'scopes', 'expires_at', 'revoked_at', 'last_used_at']),
  );
  withRole(key('create <name>', 'make one: for yourself, for a person, or with a role for a machine'))
    .option('--user <email>', 'the person that it acts for')
    .option('--scope <action...>', 'what of the role it is for')
    .option('--expires <instant>', 'when it ends, such as 2027-01-01T00:00:00Z')
    .action(createKey);
  key('rotate <public-id>', 'make its successor')
    .option('--overlap-hours <hours>', 'how long the old one stays valid; 24 when absent')
    .action(rotateKey);
  key('revoke <public-id>', 'end it at once').action(revokeKey);
}

/** For the installation's operator: these go to the system of record itself, whether or not the server runs. */
export function registerOrganizations(org: Command): void {
  const help = '\nNeeds no key: it opens the system of record as the server does, by DATABASE_URL or DATA_DIR.';
  org
    .command('create')
    .description('make an organisation; prints its administrator’s key')
    .argument('<slug>', 'name in URLs and as database of the SQL API')
    .requiredOption('--admin <email>', 'its first administrator')
    .option('--name <name>', 'name shown to people')
    .option('--currency <code>', 'ISO 4217 code in which money is labelled', 'USD')
    .option('--time-zone <zone>', 'IANA zone of its days', 'UTC')
    .addHelpText('after', help)
    .action(async (slug: string, options: CreateOptions) =>
      (await import('./organizations.js')).createOrg(slug, options),
    );
  org
    .command('list')
    .description('show them')
    .addHelpText('after', help)
    .action(async () => (await import('./organizations.js')).listOrgs());
  org
    .command('key')
    .description('make another key of an administrator, for when the last one is lost')
    .argument('<slug>', 'the organisation')
    .option('--admin <email>', 'which administrator; the first one when absent')
    .addHelpText('after', help)
    .action(async (slug: string, options: OrgKeyOptions) => (await import('./organizations.js')).orgKey(slug, options));
}
