using NodeAgent.Packaging;
using NodeAgent.Packaging.Man;
using NodeAgent.Packaging.Sbom;

// usage: NodeAgent.Packaging ROOT DEST
// Writes DEST/man/, DEST/completions/ and DEST/sbom/ for the source tree at ROOT. The time in them is that of
// SOURCE_DATE_EPOCH, so that two runs are the same.
if (args is not [var root, var destination])
{
    Console.Error.WriteLine("usage: NodeAgent.Packaging ROOT DEST");
    return 2;
}

// What nodectl takes for its surroundings silences the console.
using var said = new StreamWriter(Console.OpenStandardOutput());
var edition = Edition.Of(root, Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"));
var pages = Manual.Pages(root, edition);
foreach (var page in pages)
{
    Write($"man/man{page.Section}/{page.FileName}", page.ToRoff());
}

foreach (var (name, script) in CompletionScripts.All)
{
    Write($"completions/{name}", script);
}

Write("sbom/nodeagent.cdx.json", BillOfMaterials.Write(root, edition));
said.WriteLine($"docs: {pages.Count} manual pages, {CompletionScripts.All.Count} completions and the bill of materials in {destination}");
return 0;

void Write(string path, string text)
{
    var file = Path.Combine(destination, path);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    File.WriteAllText(file, text);
}
