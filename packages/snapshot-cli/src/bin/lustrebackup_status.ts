#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { siteStatus } from '../site-status.js'

void runCommand(siteStatus)
