using ReferenceManager.Commands;

return await CommandTree.RunAsync(args);
